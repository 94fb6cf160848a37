// The chat works without scripts of ours. They add: numbers that open their evidence, tools, a conversation that outlives
// a reload, and a page that stays where the reader reads. This one starts the others and watches the page for them.
import * as connection from "./chat/connection.js";
import * as evidence from "./chat/evidence.js";
import * as memory from "./chat/memory.js";
import { announce, ask, box, bring, ease, field, glide, isTooLong, lengthOf, put, tab, tell, words } from "./chat/page.js";
import * as tools from "./chat/tools.js";

document.documentElement.classList.add("tb-script");

// What was typed before the chat was there goes into its box.
const boot = document.getElementById("tb-boot");
setTimeout(() => boot?.classList.add("tb-late"), 12000);

let begun = false;
const begin = () => {
  if (begun || !box() || !field("kept")) return;
  begun = true;
  const typed = boot?.querySelector("textarea").value ?? "";
  boot?.remove();
  memory.begin(typed, boot?.matches(".tb-sent") ?? false).then(() => document.dispatchEvent(new Event("tb-begun")));
};

// A question leaves by Enter, by its button, or as a suggestion. While a conversation is still being brought back, what the
// reader sends waits for it: an answer that came first would be gone with what is brought.
// One that is sent while another is answered waits for that answer.
let ready = false;
let held = "";
const release = () => {
  const question = held;
  hold("");
  if (question) ask(question);
};
const hold = (question) => {
  held = question;
  tab.set("queued", question);
};
const unhold = () => {
  put("box", box().value || held);
  hold("");
  ease();
  box().focus();
};
document.addEventListener("tb-begun", () => {
  ready = true;
  // What waited for an answer that never came here goes back to where it was typed.
  if (!held && !box().value) bring(tab.get("queued") ?? "");
  release();
});
const isBusy = () => connection.isPending() || document.querySelector("#tb-chat .tb-stages") !== null;
const leaves = (event, text) => {
  if (!event.isTrusted) {
    connection.sent(text);
    return;
  }
  const long = isTooLong(text);
  if (ready && !long && !isBusy()) {
    connection.sent(text);
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  if (long) refuse();
  else if (text.trim()) {
    hold(text.trim());
    if (!ready) return;
    if (text === box().value) put("box", "");
    tell(words.queued, { label: words.cancel, run: unhold });
  }
};

// The question is never cut: whoever writes it knows best what to leave out.
let refused = false;
const refuse = () => {
  refused = true;
  tell(lengthOf(box().value), { kind: "tb-warn" });
  box().setAttribute("aria-invalid", "true");
};
document.addEventListener("input", (event) => {
  if (event.target !== box()) return;
  if (isTooLong(box().value)) refuse();
  else if (refused) {
    refused = false;
    box().removeAttribute("aria-invalid");
    ease();
  }
}, true);

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.target !== box()) return;
  // Enter that ends an input method's choice sends nothing. Safari says so by the number alone.
  if (event.isComposing || event.keyCode === 229) event.stopImmediatePropagation();
  else leaves(event, box().value);
}, true);
document.addEventListener("click", (event) => {
  const chip = event.target.closest?.("#tb-chips button:not(#tb-opener)");
  if (chip) leaves(event, chip.textContent.trim());
  else if (event.target.closest?.("#tb-box .submit-button")) leaves(event, box().value);
}, true);

// Gradio's fold says nothing of whether it is open, and opens below what is seen.
const bare = (element) => element?.scrollIntoView({ block: "nearest", behavior: glide() });
const unfold = () => {
  const fold = document.querySelector("#tb-export > .label-wrap");
  const open = String(fold?.classList.contains("open") ?? false);
  if (!fold || fold.ariaExpanded === open) return;
  const first = fold.ariaExpanded === null;
  fold.ariaExpanded = open;
  if (open === "true" && !first) requestAnimationFrame(() => bare(document.getElementById("tb-export")));
};
document.addEventListener("click", () => requestAnimationFrame(unfold));

// How tall the bar and the dock are, whose words may take more lines than one: what is brought into view stays clear of them.
const sizes = new ResizeObserver((seen) => {
  for (const { target } of seen) {
    const name = target.id === "tb-dock" ? "--tb-dock-height" : "--tb-bar-height";
    document.documentElement.style.setProperty(name, `${Math.ceil(target.getBoundingClientRect().height)}px`);
  }
});

// An export comes as a link that holds the whole file; it is saved as soon as it is there, once.
let saved = "";
const save = () => {
  const link = document.querySelector("#tb-file a[download]");
  if (!link || link.id === saved) return;
  saved = link.id;
  link.click();
  bare(document.getElementById("tb-file"));
};

// Every message is in the log; read aloud is the finished answer, once, and not each step on the way to it.
const quieten = (chat) => {
  chat.querySelector('[role="log"]')?.setAttribute("aria-live", "off");
  // Gradio names each message after its source, markup included; the text itself says it better.
  for (const message of chat.querySelectorAll('[data-testid="bot"][aria-label], [data-testid="user"][aria-label]')) {
    message.removeAttribute("aria-label");
  }
};

// A new question goes to the top of the view, and again when its answer is there, unless the reader has
// begun to scroll meanwhile.
let shown = 0;
let waiting = false;
let reading = false;
for (const name of ["wheel", "touchmove"]) addEventListener(name, () => (reading = true), { passive: true });

const settle = () => {
  begin();
  save();
  unfold();
  const chat = document.getElementById("tb-chat");
  if (!chat) return;
  for (const part of document.querySelectorAll("#tb-disclaimer .tb-bar, #tb-dock")) sizes.observe(part);
  quieten(chat);
  const questions = chat.querySelectorAll(".message-row:has(.tb-q)");
  const last = questions[questions.length - 1];
  document.documentElement.classList.toggle("tb-talking", questions.length > 0);
  const steps = chat.querySelectorAll(".tb-stages li").length;
  const working = chat.querySelector(".tb-stages") !== null;
  const asked = questions.length !== shown || (working && !waiting);
  const answers = chat.querySelectorAll(":is(.tb-a, .tb-fail)");
  const due = waiting || (asked && connection.isPending());
  const finished = due && !working && answers.length === questions.length;
  if (finished) {
    const newest = answers[answers.length - 1];
    // An alert is read as it appears.
    if (newest?.matches(".tb-a") && !newest.querySelector('[role="alert"]')) announce(evidence.spoken(newest));
    tools.forget(questions.length - 1);
  }
  if (shown && !questions.length) scrollTo({ top: 0 });
  connection.settle(steps, finished, due && !working && !finished);
  if (held && ready && !isBusy()) release();
  memory.settle();
  tools.settle();
  document.dispatchEvent(new CustomEvent("tb-settled", { detail: finished ? answers[answers.length - 1] : null }));
  shown = questions.length;
  waiting = working;
  if (asked) reading = false;
  if (last && (asked || finished) && !reading) {
    setTimeout(() => last.scrollIntoView({ block: "start", behavior: glide() }), finished ? 80 : 0);
  }
};
let planned = false;
new MutationObserver(() => {
  if (planned) return;
  planned = true;
  requestAnimationFrame(() => {
    planned = false;
    settle();
  });
}).observe(document.body, { childList: true, subtree: true, characterData: true });
settle();
