// The chat in a frame on a portal's page: its colours, its way out, and what that page may ask of it.
import { accentOf } from "./colours.js";
import { isPending } from "./connection.js";
import { hear, say } from "./host.js";
import { offer, touch } from "./memory.js";
import { ask, box, bring, forgetful, framing, isTooLong, lengthOf, make, tell, words } from "./page.js";
import * as visitor from "./visitor.js";

const root = document.documentElement;
const boot = document.getElementById("tb-boot");

// Colours. Gradio marks a dark page by a class of its own, and again whenever the device changes its mind.
const NAMES = { accent: "--tb-accent", on: "--tb-on-accent", soft: "--tb-accent-soft", bar: "--tb-bar", barInk: "--tb-bar-ink" };
const scheme = matchMedia("(prefers-color-scheme: dark)");
let { theme, accent } = framing;
let warned = "";
const kind = () => (["light", "dark"].includes(theme) ? theme : scheme.matches ? "dark" : "light");
const darken = () => document.body.classList.toggle("dark", kind() === "dark");
const paint = () => {
  darken();
  boot?.style.setProperty("color-scheme", kind());
  const found = /^#[0-9a-f]{6}$/i.test(accent) ? accentOf(accent, kind()) : null;
  for (const [part, name] of Object.entries(NAMES)) {
    for (const { style } of [root, boot].filter(Boolean)) {
      if (found) style.setProperty(name, found[part]);
      else style.removeProperty(name);
    }
  }
  if (!found?.changed || warned === accent + kind()) return;
  warned = accent + kind();
  console.warn(`trustbot: the accent ${accent} has a contrast of only ${found.least.toFixed(1)}:1 here; ${found.accent} is used instead.`);
};
const dress = (told) => {
  theme = told.theme ?? theme;
  accent = told.accent ?? accent;
  paint();
};
scheme.addEventListener("change", paint);
new MutationObserver(() => document.body.classList.contains("dark") !== (kind() === "dark") && darken())
  .observe(document.body, { attributeFilter: ["class"] });
paint();

// The way out, where the page around says that there is one.
const cross = make("button", { type: "button", id: "tb-close", title: words.closeChat, ariaLabel: words.closeChat, hidden: true,
  onclick: () => say("close") });
document.body.prepend(cross);
const closable = (yes) => {
  cross.hidden = !yes;
  root.classList.toggle("tb-closable", yes);
};
closable(framing.mode === "launcher");
// What lies on top, or unfolds, closes first.
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || event.isComposing || cross.hidden) return;
  if (!document.querySelector("dialog[open]") && !event.target.matches?.("select")) say("close");
});

// What is asked from outside waits for its turn, and for the chat; what was being typed comes back afterwards.
let begun = false;
let wanted = "";
let typed = "";
const next = () => {
  if (!wanted || !begun || isPending()) return;
  const question = wanted;
  wanted = "";
  typed = box().value;
  ask(question);
};
document.addEventListener("tb-begun", () => {
  begun = true;
  next();
});
const wish = (question) => {
  const text = String(question ?? "").replace(/\s+/g, " ").trim();
  if (!text) return;
  if (isTooLong(text)) {
    tell(lengthOf(text), { kind: "tb-warn" });
    return;
  }
  wanted = text;
  next();
};

// A page can name a question to begin with: the first of the suggestions, until something is asked.
const opener = framing.question
  ? make("button", { type: "button", id: "tb-opener", className: "tb-chip", textContent: framing.question, onclick: () => wish(framing.question) })
  : null;
const suggest = () => {
  const chips = document.getElementById("tb-chips");
  if (!opener || !chips) return;
  const talking = document.querySelector("#tb-chat .tb-q") !== null;
  if (talking) opener.remove();
  else if (chips.firstElementChild !== opener) chips.prepend(opener);
};

// Where nothing is kept, that is said before anything can be lost, and again after a reload that lost it.
const warn = () => {
  const place = document.querySelector("#tb-header .tb-head");
  if (!forgetful || !place || document.getElementById("tb-forgetful")) return;
  place.append(make("p", { id: "tb-forgetful", textContent: words.notKept }));
};

// Gradio's links to other languages lead to pages that can't be framed; those of this page's head stay here.
const speak = () => {
  for (const link of document.querySelectorAll("#tb-languages a[hreflang]")) {
    const there = document.querySelector(`link[rel="alternate"][hreflang="${link.hreflang}"]`)?.href;
    if (there && link.href !== there) link.href = there;
  }
};

// The keyboard comes in: to the question box or, where a keyboard on the screen would cover the page, to its heading.
let awaited = false;
const arrive = () => {
  if (document.querySelector("dialog[open]")) return;
  const early = boot?.isConnected ? boot : null;
  const place = touch() ? (early ?? document).querySelector("h1") : early ? early.querySelector("textarea") : box();
  awaited = early !== null;
  if (place?.matches("h1")) place.tabIndex = -1;
  place?.focus({ preventScroll: true });
};

// How tall the page would like to be.
let tall = 0;
const COLUMN = ".gradio-container main > .column";
const measure = () => {
  const column = document.querySelector(COLUMN);
  if (!column) return;
  const { paddingTop, paddingBottom } = getComputedStyle(column.closest(".main"));
  const height = Math.ceil(parseFloat(paddingTop) + column.scrollHeight + parseFloat(paddingBottom));
  if (Math.abs(height - tall) < 2) return;
  tall = height;
  say("height", { height });
};
const sizes = new ResizeObserver(measure);

// An outcome without reasons is help that somebody needs first: the page around hears nothing of that.
const told = (answer) => {
  const outcome = Object.keys(words.reasons).find((name) => answer.matches(`.tb-${name}`));
  const citations = [...answer.querySelectorAll(".tb-work .tb-num")].map((number) => parseInt(number.textContent, 10)).filter(Number.isInteger);
  if (outcome) say("answer", { outcome, citations });
};

document.addEventListener("tb-settled", ({ detail: newest }) => {
  visitor.settle();
  suggest();
  speak();
  warn();
  const column = document.querySelector(COLUMN);
  if (column) sizes.observe(column);
  measure();
  if (awaited && !boot?.isConnected && box()) arrive();
  if (newest) {
    visitor.finished(newest);
    told(newest);
    bring(typed);
    typed = "";
  }
  next();
});

hear("hello", (message) => {
  dress(message);
  if (message.persona) offer(String(message.persona));
  visitor.take(message.token);
  closable(message.mode ? message.mode === "launcher" : framing.mode !== "inline");
});
hear("theme", dress);
hear("token", ({ token }) => visitor.take(token));
hear("ask", ({ question }) => wish(question));
hear("focus", arrive);
hear("escape-off", () => closable(false));
say("ready");
