// Numbers that open their evidence: beside the answer where there is room, in a sheet where there isn't. The focus goes
// there and comes back.
import { fill, framed, glide, line, make, narrow, words } from "./page.js";

let cameFrom = null;
let sheet = null;
let shown = [];
let at = 0;

const flash = (element) => {
  element.classList.add("tb-flash");
  setTimeout(() => element.classList.remove("tb-flash"), 1600);
};

// All of the evidence is in view where it stands beside the answer, and folded where it would stand below it.
const lay = () => {
  for (const all of document.querySelectorAll("#tb-chat .tb-all:not(.tb-laid)")) {
    all.classList.add("tb-laid");
    all.open = !narrow.matches;
  }
};
document.addEventListener("tb-settled", lay);
narrow.addEventListener("change", () => {
  for (const all of document.querySelectorAll("#tb-chat .tb-all")) all.open = !narrow.matches;
});

// The evidence scrolls in its own column: the sentence whose number was opened stays where it is, unless that leaves the quoted words
// out of view, because the column begins below or ends above what is in view.
const unfold = (details) => {
  details.closest(".tb-all").open = true;
  details.open = true;
  details.querySelector("summary").focus({ preventScroll: true });
  // The first quote of a work comes into view with the work's name above it.
  const head = details.previousElementSibling?.matches(".tb-work-head") ? details.parentElement : details;
  const column = details.closest(".tb-ev");
  const style = getComputedStyle(document.documentElement);
  const [first, last] = [parseFloat(style.scrollPaddingTop), innerHeight - parseFloat(style.scrollPaddingBottom)];
  const start = head.getBoundingClientRect().top;
  const wanted = column.scrollTop + start - 8 - Math.max(column.getBoundingClientRect().top, first);
  const top = Math.max(0, Math.min(wanted, column.scrollHeight - column.clientHeight));
  const moved = top - column.scrollTop;
  const above = start - moved - first;
  const below = (details.querySelector("mark") ?? details).getBoundingClientRect().bottom - moved - last;
  column.scrollTo({ top, behavior: glide() });
  const by = above < 0 ? above : Math.min(above, Math.max(0, below));
  if (by) scrollBy({ top: by, behavior: glide() });
};

const backTo = (sentence) => {
  const rest = sentence.closest(".tb-rest");
  if (rest) rest.open = true;
  const number = cameFrom && sentence.contains(cameFrom) ? cameFrom : sentence.querySelector("a.tb-cite");
  number?.focus({ preventScroll: true });
  sentence.scrollIntoView({ block: "center", behavior: glide() });
  flash(sentence);
};

const follow = (link) => {
  const target = document.getElementById(link.hash.slice(1));
  if (!target) return false;
  if (!target.matches("details")) backTo(target);
  else if (narrow.matches) openSheet(target, link);
  else {
    cameFrom = link;
    unfold(target);
  }
  return true;
};

// The sheet shows a copy of one quote with its work; ids stay with the original.
const page = (details) => {
  const work = details.closest(".tb-work").querySelector(".tb-work-head").cloneNode(true);
  const marks = details.querySelector("summary .tb-marks").cloneNode(true);
  const body = details.querySelector(".tb-cit-body").cloneNode(true);
  for (const copy of body.querySelectorAll("[id]")) copy.removeAttribute("id");
  const own = [...details.classList].filter((name) => name.startsWith("tb-doc-"));
  return make("div", { className: ["tb-sheet-page", ...own].join(" ") }, work, marks, body);
};

const fillSheet = () => {
  const count = fill(words.sheetCount, { number: at + 1, total: shown.length });
  const step = (label, by, mark) =>
    make("button", { type: "button", className: "tb-tool", title: label, ariaLabel: label, textContent: mark, disabled: !shown[at + by],
      onclick: () => { at += by; fillSheet(); } });
  const close = make("button", { type: "button", className: "tb-tool tb-close", textContent: words.close, onclick: () => sheet.close() });
  const name = make("h2", { id: "tb-sheet-name", tabIndex: -1, textContent: words.evidence });
  const steps = shown.length > 1 ? [step(words.previous, -1, "‹"), make("span", { textContent: count }), step(words.next, 1, "›")] : [];
  const had = sheet.contains(document.activeElement) && document.activeElement.title;
  sheet.replaceChildren(make("header", {}, name, ...steps, close), page(shown[at]));
  ([...sheet.querySelectorAll("header button:enabled")].find((b) => had && b.title === had) ?? name).focus({ preventScroll: true });
  sheet.scrollTop = 0;
};

// The back button closes what was opened, on top of the answer or beside it. In a frame the history is the page's around it.
const OPEN = "#tb-chat details.tb-cit[open]";
const ahead = () => {
  if (framed || history.state?.tbSheet) return;
  history.scrollRestoration = "manual"; // a step back closes something, and doesn't move the reader
  history.pushState({ ...history.state, tbSheet: true }, "");
};
// The way back in the history takes a moment, in which the next sheet may be opened already: that step is not its own.
let going = false;
const behind = () => {
  if (going || !history.state?.tbSheet) return;
  going = true;
  history.back();
};
// A page that was loaded anew has nothing open: its step back is one of the reader's.
if (history.state?.tbSheet) history.replaceState({ ...history.state, tbSheet: false }, "");
const closed = () => {
  document.documentElement.classList.remove("tb-under-sheet");
  behind();
  if (cameFrom?.isConnected) cameFrom.focus({ preventScroll: true });
  cameFrom = null;
};

const openSheet = (details, from) => {
  if (!sheet) {
    sheet = make("dialog", { id: "tb-sheet" });
    sheet.setAttribute("aria-labelledby", "tb-sheet-name");
    sheet.addEventListener("close", closed);
    // A tap beside the sheet closes it; taps inside reach its children.
    sheet.addEventListener("click", (event) => event.target === sheet && sheet.close());
    document.body.append(sheet);
  }
  cameFrom = from;
  shown = [...details.closest(".tb-ev").querySelectorAll("details.tb-cit")];
  at = shown.indexOf(details);
  if (!framed) history.pushState({ tbSheet: true }, "");
  document.documentElement.classList.add("tb-under-sheet");
  sheet.showModal();
  fillSheet();
};

addEventListener("popstate", () => {
  if (going) {
    going = false;
    keepStep();
  } else if (sheet?.open) sheet.close();
  else {
    const open = document.querySelectorAll(OPEN);
    for (const details of open) details.open = false;
    if (open.length && cameFrom?.isConnected) cameFrom.focus({ preventScroll: true });
    cameFrom = null;
  }
});
// Whatever opens or closes a quote beside the answer; one that went with its conversation says nothing of it.
const keepStep = () => {
  if (sheet?.open || going) return;
  if (document.querySelector(OPEN)) ahead();
  else behind();
};
document.addEventListener("toggle", (event) => event.target.matches?.(".tb-cit") && keepStep(), true);
document.addEventListener("tb-settled", keepStep);
narrow.addEventListener("change", () => sheet?.open && sheet.close());

document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#tb-a"]');
  if (link && sheet?.contains(link)) {
    event.preventDefault();
    sheet.close();
    backTo(document.getElementById(link.hash.slice(1)));
    return;
  }
  if (link && follow(link)) event.preventDefault();
  const summary = event.target.closest?.("#tb-chat .tb-cit > summary");
  if (summary && narrow.matches) {
    event.preventDefault();
    openSheet(summary.parentElement, summary);
  }
  for (const open of document.querySelectorAll(":is(#tb-disclaimer, #tb-header, #tb-languages) details[open]")) {
    // A choice presses a hidden button by itself; whoever chose is not elsewhere.
    if (event.isTrusted && !open.contains(event.target)) open.open = false;
  }
});

// In a frame they unfold below what is seen.
document.addEventListener("toggle", ({ target }) => {
  if (target.matches?.(".tb-options[open]")) target.scrollIntoView({ block: "nearest", behavior: glide() });
}, true);
// Whoever goes on by keyboard has done with the choices that lie over the page.
document.addEventListener("focusin", ({ target }) => {
  const choices = document.querySelector(".tb-options[open]");
  if (choices && !choices.contains(target)) choices.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || sheet?.open) return;
  const panel = event.target.closest?.("details[open]:not(.tb-all, .tb-rest)") ?? document.querySelector(".tb-options[open]");
  if (!panel) return;
  event.preventDefault();
  panel.open = false;
  const back = cameFrom?.isConnected && cameFrom.hash === `#${panel.id}` ? cameFrom : panel.querySelector("summary");
  cameFrom = null;
  back.focus();
});

// What an answer says, for those who hear it: its sentences, and how much evidence lies behind them.
export const spoken = (answer) => {
  const main = (answer.querySelector(".tb-main, .tb-none") ?? answer).cloneNode(true);
  for (const tool of main.querySelectorAll(".tb-tools, .tb-why, .tb-made, a.tb-cite, a.tb-every, .tb-rest > summary")) tool.remove();
  const said = [...main.children].flatMap((e) => (e.matches("ul") ? [...e.children] : [e])).map(line);
  return [words.answer, ...said, line(answer.querySelector(".tb-count"))].filter(Boolean).join(" ");
};
