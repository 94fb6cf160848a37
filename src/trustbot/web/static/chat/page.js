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

// A page in a frame may be refused its storage; then nothing outlives it, and it works all the same.
const storage = (name) => ({
  get(key) {
    try {
      return window[name].getItem(`trustbot.${key}`);
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      if (value) window[name].setItem(`trustbot.${key}`, value);
      else window[name].removeItem(`trustbot.${key}`);
    } catch {
      // Full or refused.
    }
  },
});
export const tab = storage("sessionStorage");
export const browser = storage("localStorage");

// Hidden fields and buttons are how a script speaks to the server; a field takes a moment to be taken over.
export const field = (name) => document.querySelector(`#tb-${name} :is(textarea, input)`);
export const put = (name, value) => {
  const element = field(name);
  if (!element || element.value === value) return;
  element.value = value;
  element.dispatchEvent(new Event("input", { bubbles: true }));
};
export const press = async (name) => {
  await after(40);
  document.getElementById(`tb-${name}`)?.click();
};
export const box = () => field("box");
const questions = () => document.querySelectorAll("#tb-chat .tb-q").length;
// Until Gradio listens, what is typed may be dropped and a click goes nowhere; while it works, it takes no second one.
export const ask = async (question) => {
  const before = questions();
  for (let tries = 0; tries < 12 && questions() === before; tries++) {
    put("box", question);
    await after(40);
    if (questions() === before) document.querySelector("#tb-box .submit-button")?.click();
    for (let i = 0; i < 30 && questions() === before; i++) await after(50);
  }
};

// Screen readers hear this once; on the page it is nowhere to be seen.
const live = make("div", { id: "tb-live", role: "status" });
export const announce = (text) => {
  live.textContent = "";
  setTimeout(() => (live.textContent = text), 60);
};

// One sentence above the question box, with a way on.
const bar = make("div", { id: "tb-notice-bar", hidden: true });
let hiding = 0;
export const tell = (text, { label = "", run = null, kind = "", seconds = 0 } = {}) => {
  clearTimeout(hiding);
  const said = make("p", { role: "status" });
  bar.replaceChildren(said);
  bar.className = kind;
  bar.hidden = false;
  setTimeout(() => (said.textContent = text), 60);
  if (run) bar.append(make("button", { type: "button", className: "tb-tool", textContent: label, onclick: run }));
  if (seconds) hiding = setTimeout(hush, seconds * 1000);
};
export const hush = () => {
  clearTimeout(hiding);
  bar.hidden = true;
  bar.replaceChildren();
};
export const telling = () => !bar.hidden;
document.body.append(live, bar);
