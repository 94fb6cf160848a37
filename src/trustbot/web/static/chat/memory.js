// What outlives a reload: the conversation and what is being typed, in this tab; who is asking, in this browser.
import { after, ask, askAlone, box, browser, field, framed, framing, hush, line, make, press, put, shared, tab, tell, words } from "./page.js";
import { forget } from "./tools.js";

const NAME = "conversation";
let saved = null;
let undo = "";
let begun = false;

// The hidden field holds the conversation as the server wrote it last.
export const settle = () => {
  if (begun) personalise();
  linked();
  const kept = field("kept");
  if (!kept || saved === null || kept.value === saved) return;
  saved = kept.value;
  tab.set(NAME, saved);
};

// Whoever chose to say nothing has chosen, too: no page that shows the chat says it for them.
const NOBODY = "nobody";
const chosen = () => {
  const persona = browser.get("persona");
  return persona === NOBODY ? "" : persona;
};

const current = () => {
  const persona = chosen() ?? framing.persona ?? "";
  return persona in words.personas ? persona : "";
};

// What is chosen is seen where the choice itself is not.
const tellWho = (persona) => {
  const place = document.querySelector(".tb-options-who");
  if (place) place.textContent = words.personas[persona] ?? "";
};

const choose = () => {
  const select = document.querySelector("#tb-who");
  tellWho(select.value);
  browser.set("persona", select.value || (framed ? NOBODY : ""));
  put("persona", select.value);
  press("personalise");
};

// Who a page that shows the chat takes its readers for; never stored, and no more than a start.
export const offer = (persona) => {
  framing.persona = persona;
  const select = document.querySelector("#tb-who");
  if (!select || chosen() !== null || select.value === persona || !(persona in words.personas)) return;
  select.value = persona;
  tellWho(persona);
  put("persona", persona);
  press("personalise");
};

// Made here and not by the server: without a script there is nothing that could remember the choice.
const personalise = () => {
  const place = document.querySelector(".tb-options-body");
  if (!place || document.getElementById("tb-who")) return;
  const options = [["", words.personaNone], ...Object.entries(words.personas)].map(([value, label]) =>
    make("option", { value, textContent: label }));
  const select = make("select", { id: "tb-who", onchange: choose }, ...options);
  select.value = current();
  const help = make("span", { id: "tb-who-help", textContent: words.personaHelp });
  select.setAttribute("aria-describedby", help.id);
  place.prepend(make("div", { className: "tb-personal" }, make("label", { htmlFor: "tb-who", textContent: words.persona }), select, help));
  tellWho(select.value);
};

// That a link was made with another version of the corpus stands in the answer to its question, as long as that is there.
const noted = () => JSON.parse(tab.get("linked") || "[]");
const note = (text) => {
  const number = Math.max(-1, ...[...document.querySelectorAll("#tb-chat .tb-edit")].map((e) => Number(e.id.slice("tb-e".length)))) + 1;
  tab.set("linked", JSON.stringify([...noted().filter((one) => one.number < number), { number, text, question: shared.question }]));
};
const linked = () => {
  for (const { number, text, question } of noted()) {
    const answer = document.getElementById(`tb-a${number}`);
    const asked = document.getElementById(`tb-e${number}`)?.parentElement.querySelector(".tb-q");
    if (!answer || answer.querySelector(".tb-linked") || line(asked) !== question) continue;
    answer.prepend(make("p", { className: "tb-linked", role: "note", textContent: text }));
  }
};

// Either the conversation comes, or word of why it doesn't. Until Gradio listens, a click goes nowhere.
const restored = async (kept) => {
  const there = () => document.querySelector("#tb-chat .tb-q, #tb-told p");
  for (let tries = 0; tries < 6 && !there(); tries++) {
    put("kept", kept, true);
    await press("restore");
    for (let i = 0; i < 100 && !there(); i++) await after(50);
  }
};

// Called once, when the chat can be used.
export const begin = async (early, sent) => {
  const typed = early.trim();
  // What the choice stands in may come up later than the box.
  begun = true;
  personalise();
  const persona = field("persona") ? current() : "";
  const kept = tab.get(NAME) ?? "";
  put("persona", persona);
  if (kept) {
    await restored(kept);
  } else if (persona) await press("personalise");
  saved = kept;
  const [lost, retry] = [tab.get("pending"), tab.get("retry")];
  for (const key of ["pending", "retry"]) tab.set(key, "");
  const draft = typed || lost || shared.draft || tab.get("draft");
  if (shared.problem) tell(shared.problem, { kind: "tb-warn" });
  if (shared.question) {
    // Asked once: a reload must find the conversation and not the link.
    history.replaceState(history.state, "", location.pathname);
    if (shared.note) note(shared.note);
    await askAlone(shared.question);
    return;
  }
  if (shared.problem) history.replaceState(history.state, "", location.pathname);
  if (draft && (sent || retry)) {
    await ask(draft);
    return;
  }
  if (draft) put("box", draft);
  if (lost) tell(words.unanswered, { kind: "tb-warn" });
  // In a frame it would be taken from the page around it.
  if (!framed && !touch()) box().focus({ preventScroll: true });
};

// On a phone the keyboard would cover the page.
export const touch = () => matchMedia("(pointer: coarse)").matches;

document.addEventListener("input", (event) => {
  if (event.target === box()) tab.set("draft", event.target.value);
});

// Gradio sends every link to a tab of its own. Reading the article is part of the conversation: this tab keeps that, and a
// question asked from there is its next. In a frame nothing else can be shown, and the tab of its own is right.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('#tb-header a[href="browse"]');
  if (!link || framed || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  location.assign(link.href);
});

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("#tb-restart")) return;
  undo = field("kept")?.value ?? "";
  const notes = tab.get("linked") ?? "";
  tab.set("linked", "");
  forget();
  const run = async () => {
    tab.set("linked", notes);
    put("kept", undo);
    await press("restore");
    hush();
    tell(words.broughtBack, { seconds: 4 });
    stay();
  };
  if (undo) tell(words.restarted, { label: words.undo, run, stands: true });
  stay();
}, true);

// The button that was pressed goes away with the conversation: the focus goes to where the next question is typed, or where
// a keyboard would cover the page, to what is said of it.
const stay = () => {
  const place = touch() ? (document.querySelector("#tb-notice-bar button") ?? document.querySelector("#tb-header h1")) : box();
  if (place?.matches("h1")) place.tabIndex = -1;
  setTimeout(() => place?.focus({ preventScroll: true }));
};
