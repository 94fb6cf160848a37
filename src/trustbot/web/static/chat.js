// The chat works without this file. It adds: numbers that open their evidence and move the focus there and
// back, a page that stays where the reader reads, and names that a screen reader can say.
(() => {
  "use strict";
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

  // A new question goes to the top of the view, and again when its answer is there, unless the reader has
  // begun to scroll meanwhile.
  let shown = 0;
  let waiting = false;
  let reading = false;
  for (const name of ["wheel", "touchmove"]) addEventListener(name, () => (reading = true), { passive: true });

  const settle = () => {
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
