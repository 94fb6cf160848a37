// What the scripts of the chat share: words, the tab's memory, hidden fields, and the two places where something is said.
const data = (id) => {
  try {
    return JSON.parse(document.getElementById(id)?.textContent || "{}");
  } catch {
    return {};
  }
};

export const words = data("tb-words");
export const shared = data("tb-shared");
// What a portal's page that shows the chat in a frame says of it.
export const framing = data("tb-widget");
export const framed = document.documentElement.classList.contains("tb-framed");

const calm = matchMedia("(prefers-reduced-motion: reduce)");
export const glide = () => (calm.matches ? "auto" : "smooth");
export const narrow = matchMedia("(max-width: 999px)");
export const line = (element) => element?.textContent.replace(/\s+/g, " ").trim() ?? "";
export const fill = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
export const after = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

export const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

// A page in a frame may be refused its storage; then only a reload of it is outlived, and it works all the same. There nothing is
// stored either before a first question was asked, and what a tab keeps is none of the site's own chat's.
let mayStore = !framed;
const storage = (name, prefix) => {
  const own = new Map();
  const store = (key, value) => {
    try {
      if (value) window[name].setItem(prefix + key, value);
      else window[name].removeItem(prefix + key);
    } catch {
      // Full or refused. A browser that lets a frame store nothing still keeps this for a frame that is loaded anew.
      try {
        if (framed && name === "sessionStorage") history.replaceState({ ...history.state, [prefix + key]: value }, "");
      } catch {
        // Too much or too often.
      }
    }
  };
  return {
    get(key) {
      if (own.has(key)) return own.get(key) || null;
      try {
        return window[name].getItem(prefix + key);
      } catch {
        return history.state?.[prefix + key] || null;
      }
    },
    set(key, value) {
      own.set(key, value);
      if (mayStore || !value) store(key, value);
    },
    release: () => own.forEach((value, key) => store(key, value)),
  };
};
// One site may show several corpora: what was typed, asked and judged at one is none of another's.
export const tab = storage("sessionStorage", `trustbot.${framed ? "widget." : ""}${words.corpus}.`);
export const browser = storage("localStorage", "trustbot.");
export const release = () => {
  if (mayStore) return;
  mayStore = true;
  for (const kept of [tab, browser]) kept.release();
};
// Whether a browser gives this frame no storage at all: then nothing outlives a reload of the page around it.
export const forgetful = framed && (() => {
  try {
    return !window.sessionStorage;
  } catch {
    return true;
  }
})();
// A conversation that is kept already was begun with a question.
if (tab.get("conversation")) release();

// Hidden fields and buttons are how a script speaks to the server; a field takes a moment to be taken over.
export const field = (name) => document.querySelector(`#tb-${name} :is(textarea, input)`);
export const put = (name, value, always = false) => {
  const element = field(name);
  if (!element || (element.value === value && !always)) return;
  element.value = value;
  element.dispatchEvent(new Event("input", { bubbles: true }));
};
export const press = async (name) => {
  await after(40);
  document.getElementById(`tb-${name}`)?.click();
};
export const box = () => field("box");
// Characters as the server counts them: what a reader sees as one may be two to a script.
export const isTooLong = (text) => [...text].length > words.limit;
export const lengthOf = (text) => {
  const number = (value) => value.toLocaleString(document.documentElement.lang);
  return fill(words.tooLong, { count: number([...text].length), limit: number(words.limit) });
};
export const questions = () => document.querySelectorAll("#tb-chat .tb-q").length;
export const submit = () => document.querySelector("#tb-box .submit-button")?.click();
// Until Gradio listens, what is typed may be dropped and a click goes nowhere; while it works, it takes no second one. On a
// slow device it takes its time to listen, so this goes on for about as long as somebody would wait.
const TRIES = 40;
// What the server takes for a question that has nothing to do with those before it.
const ALONE = "alone";
export const askAlone = (question) => ask(question, ALONE);
export const ask = async (question, since = "") => {
  leave();
  const before = questions();
  for (let tries = 0; tries < TRIES && questions() === before; tries++) {
    if (since) put("since", since, true);
    put("box", question, true); // what the box was told before Gradio listened, Gradio doesn't know
    await after(40);
    if (questions() === before) submit();
    for (let i = 0; i < 30 && questions() === before; i++) await after(50);
  }
};

// Puts back what was being typed while something else was asked: Gradio may empty the box more than once by then, and late.
// Whoever types or asks meanwhile ends it.
const TIMES = 100;
let brought = 0;
export const leave = () => (brought += 1);
export const bring = async (text) => {
  const mine = leave();
  for (let i = 0; text && i < TIMES && mine === brought; i++) {
    put("box", text);
    await after(150);
  }
};
document.addEventListener("tb-sending", leave);
document.addEventListener("input", (event) => event.isTrusted && event.target === box() && leave(), true);

// Screen readers hear this once; on the page it is nowhere to be seen.
const live = make("div", { id: "tb-live", role: "status" });
export const announce = (text) => {
  live.textContent = "";
  setTimeout(() => (live.textContent = text), 60);
};

// One sentence above the question box, with a way on. What stands stays until the next question: something that is said for
// a moment covers it, and then it is back.
const bar = make("div", { id: "tb-notice-bar", hidden: true });
let hiding = 0;
let standing = null;
export const tell = (text, { label = "", run = null, kind = "", seconds = 0, stands = false } = {}) => {
  clearTimeout(hiding);
  if (stands) standing = [text, { label, run, kind, stands }];
  const said = make("p", { role: "status" });
  bar.replaceChildren(said);
  bar.className = kind;
  bar.hidden = false;
  setTimeout(() => (said.textContent = text), 60);
  if (run) bar.append(make("button", { type: "button", className: "tb-tool", textContent: label, onclick: run }));
  if (seconds) hiding = setTimeout(ease, seconds * 1000);
};
// Ends what was said for a moment.
export const ease = () => (standing ? tell(...standing) : hush());
export const hush = () => {
  clearTimeout(hiding);
  standing = null;
  bar.hidden = true;
  bar.replaceChildren();
};
export const telling = () => !bar.hidden;
document.body.append(live, bar);
