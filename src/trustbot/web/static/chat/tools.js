// What can be done with a question or an answer: copy, pass on, judge, edit.
import { box, fill, hush, line, make, press, put, tab, tell, words } from "./page.js";

const BLOCKS = "p, div, ul, li, details, summary";
// Paragraphs of an element, each on one line: what stands in blocks of its own is not run together.
const paragraphs = (element) => {
  const own = [...element.childNodes].filter((node) => !node.matches?.(BLOCKS));
  const said = line(make("p", {}, ...own.map((node) => node.cloneNode(true))));
  return [said, ...[...element.children].filter((e) => e.matches(BLOCKS)).flatMap(paragraphs)].filter(Boolean);
};

// Where a work can be had: by its DOI, else at its address.
const whereabouts = (work) =>
  ['a[href^="https://doi.org/"]', 'a[href^="http"]'].map((name) => work.querySelector(`.tb-record ${name}`)?.href).find(Boolean);

// The answer as text: what it says, then each work with the words quoted from it.
const copied = (answer) => {
  const main = answer.querySelector(".tb-main").cloneNode(true);
  for (const own of main.querySelectorAll(".tb-tools, .tb-why, .tb-rest > summary")) own.remove();
  for (const told of main.querySelectorAll(".tb-over, .tb-notice")) {
    const [label, first] = [told.querySelector("b"), told.querySelector("p")];
    first?.prepend(`${line(label)}: `);
    label?.remove();
  }
  const parts = [...main.children].flatMap((e) => paragraphs(make("div", {}, e)));
  const works = [...answer.querySelectorAll(".tb-work")].map((work) => {
    const head = [".tb-work-title", ".tb-byline", ".tb-badge"].map((name) => line(work.querySelector(name))).concat(whereabouts(work) ?? "");
    const quotes = [...work.querySelectorAll(".tb-cit")].map((quote) =>
      [`  “${line(quote.querySelector(".tb-excerpt"))}”`]
        .concat([".tb-kind-long", ".tb-place", ".tb-audit-title", ".tb-audit-notice"].map((name) => line(quote.querySelector(name))))
        .filter(Boolean).join("\n    "));
    return [`[${line(work.querySelector(".tb-num"))}] ${head.filter(Boolean).join(". ")}`, ...quotes].join("\n");
  });
  const said = line(document.querySelector("#tb-disclaimer .tb-short"));
  return [...parts, ...works, said].join("\n\n");
};

const toClipboard = async (text, beside) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without https a page may not write to the clipboard, but it may copy what is selected.
    const selected = make("textarea", { value: text, readOnly: true });
    beside.after(selected);
    selected.select();
    document.execCommand("copy");
    selected.remove();
    beside.focus();
  }
};

const done = (tools, text) => {
  const place = tools.querySelector(".tb-done");
  place.textContent = text;
  setTimeout(() => place.textContent === text && (place.textContent = ""), 5000);
};

const number = (element) => Number(element.closest(".tb-a").id.slice("tb-a".length));

// Judgements are the page's to show: the server takes them and gives no page back.
let before = null; // what was in the box before a question was edited there
const judged = () => JSON.parse(tab.get("judged") ?? "{}");
export const forget = (from = 0) => {
  before = null;
  tab.set("judged", JSON.stringify(Object.fromEntries(Object.entries(judged()).filter(([n]) => Number(n) < from))));
};

const send = (answer, verdict, reasons = [], comment = "") => {
  put("feedback", JSON.stringify({ number: answer, verdict, reasons, comment }));
  press("give");
};

const judge = (button) => {
  const tools = button.closest(".tb-tools");
  const answer = number(button);
  const verdict = button.matches(".tb-yes") ? "helpful" : "not helpful";
  tools.parentElement.querySelector(".tb-why")?.remove();
  if (judged()[answer] === verdict) {
    send(answer, "");
    return;
  }
  if (verdict === "helpful") send(answer, verdict);
  else askWhy(tools, answer, button);
};

const askWhy = (tools, answer, button) => {
  const outcome = Object.keys(words.reasons).find((name) => tools.closest(".tb-a").matches(`.tb-${name}`));
  const choices = Object.entries(words.reasons[outcome]).map(([reason, label]) =>
    make("label", {}, make("input", { type: "checkbox", value: reason }), label));
  const give = make("button", { type: "submit", className: "tb-tool tb-strong", textContent: words.send });
  const cancel = make("button", { type: "button", className: "tb-tool", textContent: words.cancel, onclick: () => leave() });
  // Only where whoever runs this takes readers' own words.
  const comment = make("textarea", { rows: 2, maxLength: words.commentLimit });
  const own = words.comment ? [make("label", { className: "tb-own" }, words.comment, comment)] : [];
  const form = make("form", { className: "tb-why" }, make("fieldset", {}, make("legend", { textContent: words.why }), ...choices), ...own,
    make("p", { textContent: words.feedbackKept }), make("div", {}, give, cancel));
  const leave = () => {
    form.remove();
    button.focus();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(answer, "not helpful", [...form.querySelectorAll("input:checked")].map((i) => i.value), comment.value);
    leave();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    leave();
  });
  tools.after(form);
  form.querySelector("input").focus();
};

let heard = "";
// The server says `number|verdict|sentence|…`: what became of a judgement or, without a number, of the conversation.
const hear = () => {
  const told = line(document.querySelector("#tb-told p"));
  if (!told || told === heard) return;
  heard = told;
  const [answer, verdict, ...said] = told.split("|");
  const sentence = said.slice(0, -1).join("|");
  if (!answer) {
    tell(sentence, { kind: "tb-warn" });
    return;
  }
  tab.set("judged", JSON.stringify({ ...judged(), [answer]: verdict }));
  const tools = document.querySelector(`#tb-a${answer} .tb-tools`);
  if (tools) done(tools, sentence);
};

// Shown again after every change of the page, which may have made the buttons anew.
export const settle = () => {
  hear();
  const known = judged();
  for (const button of document.querySelectorAll("#tb-chat :is(.tb-yes, .tb-no)")) {
    const pressed = String(known[number(button)] === (button.matches(".tb-yes") ? "helpful" : "not helpful"));
    if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
  }
};

// A question is edited in the box it was typed in; what followed it is replaced once the new one is answered.
const edit = (button) => {
  const from = button.id.slice("tb-e".length);
  before ??= box().value;
  put("since", from);
  put("box", button.parentElement.querySelector(".tb-q").innerText);
  tell(words.editing, { label: words.cancel, run: cancelEdit, kind: "tb-editing" });
  box().focus();
  box().setSelectionRange(box().value.length, box().value.length);
};
const cancelEdit = () => {
  put("since", "");
  put("box", before ?? "");
  before = null;
  hush();
  box().focus();
};

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || before === null || event.target !== box()) return;
  event.preventDefault();
  cancelEdit();
});

document.addEventListener("click", async (event) => {
  const tool = event.target.closest?.(".tb-tool");
  if (!tool?.closest("#tb-chat")) return;
  if (tool.matches(".tb-copy")) {
    await toClipboard(copied(tool.closest(".tb-a")), tool);
    done(tool.closest(".tb-tools"), words.copied);
  } else if (tool.matches(".tb-share")) {
    event.preventDefault();
    await toClipboard(tool.href, tool);
    done(tool.closest(".tb-tools"), words.linkCopied);
  } else if (tool.matches(".tb-yes, .tb-no")) judge(tool);
  else if (tool.matches(".tb-edit")) edit(tool);
});
