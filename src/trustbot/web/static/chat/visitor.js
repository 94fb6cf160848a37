// Who vouches for the reader: a token that lies in a hidden field, is renewed before it runs out and, where the server has
// refused it, got anew, with the question asked once more. Nothing the reader has typed is lost on the way.
import { say } from "./host.js";
import { after, box, bring, hush, leave, put, submit, tab, tell, words } from "./page.js";

const NONE = "widget"; // tells the server that the question comes from a frame, and that there is no token
const OWN = "trustbot"; // issuer of the tokens that the server itself renews
const MARGIN = 60;
const PATIENCE = 15000;
const FORM = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const RENEWABLE = ["expired", "missing"];

let token = tab.get("visit") ?? "";
let renewal = 0;

const claims = () => {
  try {
    return JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
  } catch {
    return {};
  }
};
const isOwn = () => claims().iss === OWN;

const renewed = async () => {
  const body = JSON.stringify({ token });
  const response = await fetch("widget/visit", { method: "POST", headers: { "Content-Type": "application/json" }, body }).catch(() => null);
  return response?.ok ? (await response.json()).token : "";
};
const renew = async (reason) => {
  if (!isOwn()) {
    say("token", { reason });
    return;
  }
  const given = await renewed();
  if (given) take(given);
  else giveUp();
};

// The clock of this device may be wrong: a token that comes already run out is counted from now.
const plan = () => {
  clearTimeout(renewal);
  const { iat, exp } = claims();
  const whole = exp - iat;
  if (!(whole > 0)) return;
  const left = exp - Date.now() / 1000;
  const good = left > 0 && left <= whole ? left : whole;
  renewal = setTimeout(() => renew("expired"), 1000 * Math.max(1, good - Math.min(MARGIN, whole / 3)));
};

export const take = (given) => {
  if (typeof given !== "string" || given.length > 4096 || !FORM.test(given)) return;
  token = given;
  if (isOwn()) tab.set("visit", token);
  settle(true);
  plan();
  if (refused) again();
};

// Early on, Gradio may not listen yet.
export const settle = (always = false) => put("visitor", token || NONE, always);
document.addEventListener("tb-sending", () => settle(true));

// The question that was refused: its text, its number, whether it is being asked once more.
let refused = null;
let aside = "";

const last = (selector) => [...document.querySelectorAll(`#tb-chat ${selector}`)].pop();
const giveUp = () => {
  if (!refused) return;
  const { question, timer } = refused;
  refused = null;
  clearTimeout(timer);
  if (!box().value) put("box", question);
  tell(words.unsigned, { kind: "tb-bad" });
  say("problem", { sentence: words.unsigned });
};

// It takes its own place, so that nobody reads of what has been mended.
const again = async () => {
  const mine = refused;
  if (mine.again) return;
  mine.again = true;
  clearTimeout(mine.timer);
  leave();
  hush();
  aside = box().value.trim() === mine.question ? "" : box().value;
  const waits = () => refused === mine && !document.querySelector("#tb-chat .tb-stages") && last(".tb-fail")?.querySelector(".tb-token");
  for (let tries = 0; tries < 3 && waits(); tries++) {
    put("since", mine.number);
    put("box", mine.question, true);
    await after(80);
    submit();
    for (let i = 0; i < 100 && waits(); i++) await after(50);
  }
  if (waits()) giveUp();
};

// Called with the answer or the failure that has just come.
export const finished = (newest) => {
  const before = refused;
  const mark = newest.querySelector(".tb-token");
  const reason = RENEWABLE.find((kind) => mark?.matches(`.tb-token-${kind}`));
  refused = null;
  if (!reason) {
    clearTimeout(before?.timer);
    bring(aside);
    aside = "";
    return;
  }
  const question = last(".tb-q").innerText.trim();
  refused = { question, number: last(".tb-edit")?.id.slice("tb-e".length) ?? "" };
  if (before?.again && before.question === question) {
    giveUp();
    return;
  }
  tell(words.signing);
  refused.timer = setTimeout(giveUp, PATIENCE);
  renew(reason).catch(giveUp);
};

// A learning platform's launch ends at an address with a token in it, where it is not to stay.
const launched = new URLSearchParams(location.hash.slice(1)).get("t");
if (launched) {
  history.replaceState(history.state, "", location.pathname + location.search);
  take(launched);
}
if (token) plan();
