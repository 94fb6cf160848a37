// A question on its way: what is said when the server is slow, gone or back, so that no question is lost.
import { after, box, hush, put, questions, release, submit, tab, tell, telling, words } from "./page.js";

const SLOW = 7000; // without a new step for so long, the reader is told
const STUCK = 45000; // without any step for so long although the server lives, the page starts anew
const PING = 900; // two signs of life that fail at once are told of within two seconds
const PATIENCE = 4000; // longest wait for a sign of life
const INSIST = 40; // times that a question is put before Gradio again

let pending = null;
let lost = false;
let leaving = false;

const alive = async () => {
  try {
    const answer = await fetch("readyz", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    return answer.ok && (await answer.json()).chat;
  } catch {
    return false;
  }
};

// A page whose server was away starts anew; the conversation is kept, and the question asked once more.
const again = (question) => {
  tab.set("pending", question);
  tab.set("retry", "yes");
  location.reload();
};

const giveBack = () => {
  put("box", pending.text);
  tab.set("pending", "");
  pending = null;
  tell(words.failed, { kind: "tb-bad" });
};

let saved = ""; // the question that is asked again
const wait = async () => {
  if (leaving) return;
  saved = pending?.text || saved;
  pending = null;
  // Whoever loads the page anew meanwhile, Gradio included, gets it asked as well.
  if (saved) tab.set("retry", "yes");
  tell(navigator.onLine ? (saved ? words.lostAsking : words.lost) : saved ? words.offlineAsking : words.offline, { kind: "tb-bad" });
  if (lost) return;
  lost = true;
  while (!(await alive())) await after(1500);
  lost = false;
  if (saved) again(saved);
  else tell(words.back, { seconds: 6 });
};

const watch = async (mine) => {
  let missed = 0;
  while (pending === mine) {
    await after(PING);
    if (pending !== mine) return;
    const idle = Date.now() - mine.moved;
    if (idle > SLOW && !telling()) tell(words.slow);
    if (idle < PING) continue;
    missed = (await alive()) ? 0 : missed + 1;
    if (pending !== mine) return;
    if (missed > 1) wait();
    else if (!missed && !mine.steps && idle > STUCK) {
      if (tab.get("retried") === mine.text) giveBack();
      else {
        tab.set("retried", mine.text);
        again(mine.text);
      }
    }
  }
};

export const isPending = () => pending !== null;

// Gradio takes no question until the last one is wholly over, which is a moment after its answer is there, and says nothing
// of it. One that it has taken already it does not take twice.
let insisting = false;
const insist = async (mine, before) => {
  for (let tries = 0; tries < INSIST && pending === mine; tries++) {
    await after(700);
    if (pending !== mine || questions() !== before || box()?.value.trim() !== mine.text.trim()) return;
    put("box", mine.text, true);
    await after(40);
    if (pending !== mine || questions() !== before) return;
    insisting = true;
    submit();
    insisting = false;
  }
};

export const sent = (text) => {
  if (insisting || !text.trim()) return;
  document.dispatchEvent(new Event("tb-sending"));
  release();
  hush();
  pending = { text, moved: Date.now(), steps: 0 };
  tab.set("pending", text);
  tab.set("draft", "");
  if (lost) {
    wait();
    return;
  }
  if (!navigator.onLine) look(pending);
  watch(pending);
  insist(pending, questions());
};

// Called after every change of the page: how many steps the waiting question shows, and whether its answer is there or
// has failed to come.
export const settle = (steps, finished, broken) => {
  complain(broken);
  if (!pending) return;
  if (steps && steps !== pending.steps) Object.assign(pending, { moved: Date.now(), steps });
  if (!finished) return;
  // Put before Gradio once more, it was taken for something that is being typed.
  if (tab.get("draft")?.trim() === pending.text.trim()) tab.set("draft", "");
  pending = null;
  for (const key of ["pending", "retried"]) tab.set(key, "");
  hush();
};

// Gradio says in a corner what went wrong; here it is said where the reader looks, with the question put back.
let seen = null;
const complain = (broken) => {
  const said = document.querySelector('[data-testid="toast-body"].error, [data-testid="status-tracker"] .error');
  if (!(broken || (said && said !== seen)) || !pending || lost || leaving) return;
  seen = said;
  const mine = pending;
  alive().then((there) => {
    if (pending !== mine || leaving) return;
    if (there) giveBack();
    else wait();
  });
};

// A browser without a network may still reach a server on its own machine.
const look = async (mine = pending) => {
  if (!(await alive()) && pending === mine) wait();
};
addEventListener("offline", () => look());
// What breaks off because the page is left is no failure.
for (const name of ["beforeunload", "pagehide"]) addEventListener(name, () => (leaving = true));
addEventListener("pageshow", () => (leaving = false));
