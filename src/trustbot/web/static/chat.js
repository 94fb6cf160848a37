// The chat works without this file. It adds: numbers that open their evidence and move the focus there and
// back, a page that stays where the reader reads, and names that a screen reader can say.
(() => {
  "use strict";
  document.documentElement.classList.add("tb-script");
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const glide = () => (calm.matches ? "auto" : "smooth");
  let cameFrom = null;

  const flash = (element) => {
    element.classList.add("tb-flash");
    setTimeout(() => element.classList.remove("tb-flash"), 1600);
  };

  const follow = (link) => {
    const target = document.getElementById(link.hash.slice(1));
    if (!target) return false;
    if (target.matches("details")) {
      cameFrom = link;
      target.open = true;
      const summary = target.querySelector("summary");
      summary.focus({ preventScroll: true });
      // The first quote of a work comes into view with the work's name above it.
      const head = target.previousElementSibling?.matches(".tb-work-head") ? target.parentElement : target;
      head.scrollIntoView({ block: head.offsetHeight > innerHeight / 2 ? "start" : "nearest", behavior: glide() });
    } else {
      const back = cameFrom && target.contains(cameFrom) ? cameFrom : target.querySelector("a.tb-cite");
      if (back) back.focus({ preventScroll: true });
      target.scrollIntoView({ block: "center", behavior: glide() });
      flash(target);
    }
    return true;
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#tb-a"]');
    if (link && follow(link)) event.preventDefault();
    for (const open of document.querySelectorAll("#tb-disclaimer details[open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const panel = event.target.closest?.("details[open]");
    if (!panel) return;
    panel.open = false;
    const back = cameFrom?.isConnected && cameFrom.hash === `#${panel.id}` ? cameFrom : panel.querySelector("summary");
    cameFrom = null;
    back.focus();
  });

  // The answer as text: what it says, then each work with the words quoted from it.
  const line = (element) => element?.textContent.replace(/\s+/g, " ").trim() ?? "";
  const copied = (answer) => {
    const main = answer.querySelector(".tb-main").cloneNode(true);
    main.querySelector(".tb-tools").remove();
    for (const label of main.querySelectorAll(":is(.tb-over, .tb-notice) b")) label.replaceWith(` ${label.textContent}: `);
    const parts = [...main.children].flatMap((e) => (e.matches("ul") ? [...e.children] : [e]));
    const works = [...answer.querySelectorAll(".tb-work")].map((work) => {
      const head = [".tb-work-title", ".tb-byline", ".tb-badge"].map((name) => line(work.querySelector(name)));
      const quotes = [...work.querySelectorAll(".tb-cit")].map((quote) =>
        [`  “${line(quote.querySelector(".tb-excerpt"))}”`]
          .concat([".tb-kind-long", ".tb-place", ".tb-audit-title", ".tb-audit-notice"].map((name) => line(quote.querySelector(name))))
          .filter(Boolean).join("\n    "));
      return [`[${line(work.querySelector(".tb-num"))}] ${head.filter(Boolean).join(". ")}`, ...quotes].join("\n");
    });
    const said = line(document.querySelector("#tb-disclaimer .tb-short"));
    return [...parts.map(line), ...works, said].join("\n\n");
  };

  const copy = async (button) => {
    const told = button.parentElement.querySelector(".tb-copied");
    const text = copied(button.closest(".tb-a"));
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without https a page may not write to the clipboard, but it may copy what is selected.
      const box = Object.assign(document.createElement("textarea"), { value: text, readOnly: true });
      button.after(box);
      box.select();
      document.execCommand("copy");
      box.remove();
      button.focus();
    }
    told.textContent = told.title;
    setTimeout(() => (told.textContent = ""), 4000);
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".tb-copy");
    if (button) copy(button);
  });

  // Gradio's fold says nothing of whether it is open.
  const unfold = () => {
    const fold = document.querySelector("#tb-export > .label-wrap");
    fold?.setAttribute("aria-expanded", String(fold.classList.contains("open")));
  };
  document.addEventListener("click", () => requestAnimationFrame(unfold));

  // An export comes as a link that holds the whole file; it is saved as soon as it is there, once.
  let saved = "";
  const save = () => {
    const link = document.querySelector("#tb-file a[download]");
    if (!link || link.id === saved) return;
    saved = link.id;
    link.click();
  };

  // A new question goes to the top of the view, and again when its answer is there, unless the reader has
  // begun to scroll meanwhile.
  let shown = 0;
  let waiting = false;
  let reading = false;
  for (const name of ["wheel", "touchmove"]) addEventListener(name, () => (reading = true), { passive: true });

  const settle = () => {
    save();
    unfold();
    const chat = document.getElementById("tb-chat");
    if (!chat) return;
    // Gradio names each message after its source, markup included; the text itself says it better.
    for (const message of chat.querySelectorAll('[data-testid="bot"][aria-label], [data-testid="user"][aria-label]')) {
      message.removeAttribute("aria-label");
    }
    const questions = chat.querySelectorAll(".message-row:has(.tb-q)");
    const last = questions[questions.length - 1];
    document.documentElement.classList.toggle("tb-talking", questions.length > 0);
    const asked = questions.length > shown;
    const working = chat.querySelector(".tb-stages") !== null;
    const answered = (waiting && !working) || (asked && !working);
    shown = questions.length;
    waiting = working;
    if (asked) reading = false;
    if (last && (asked || answered) && !reading) {
      setTimeout(() => last.scrollIntoView({ block: "start", behavior: glide() }), answered ? 80 : 0);
    }
  };
  let due = false;
  new MutationObserver(() => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      settle();
    });
  }).observe(document.body ?? document.documentElement, { childList: true, subtree: true });
})();
