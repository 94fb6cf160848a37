// The page around the frame: who it is, and what is said to it. Nothing is heard but from the parent, under an origin that
// is listed or this site's own; nothing is said but to that origin. Without a page that answers, the chat works all the same.
import { framing } from "./page.js";

const inFrame = parent !== window;

const matches = (pattern, origin) => {
  const [scheme, below] = pattern.split("://*");
  if (below === undefined) return origin === pattern;
  // At least one character stands for the star, and nothing that ends a host name.
  return origin.startsWith(`${scheme}://`) && origin.endsWith(below)
    && /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(origin.slice(scheme.length + 3, -below.length));
};
const allows = (origin) => origin === location.origin || (framing.origins ?? []).some((pattern) => matches(pattern, origin));

const referrer = () => {
  try {
    return new URL(document.referrer).origin;
  } catch {
    return "";
  }
};
// What a browser says itself is true. Where it says nothing, a message to the wrong one of these is never delivered.
const likely = () => {
  const [own] = location.ancestorOrigins ?? [];
  return [...new Set(own === undefined ? [framing.origin, referrer()] : [own])].filter((origin) => origin && allows(origin));
};

let host = "";
export const say = (type, more = {}) => {
  if (!inFrame) return;
  for (const origin of host ? [host] : likely()) parent.postMessage({ trustbot: 1, id: framing.id, type, ...more }, origin);
};

const hearing = {};
export const hear = (type, run) => (hearing[type] = run);
if (inFrame) {
  addEventListener("message", ({ data, origin, source }) => {
    if (source !== parent || !allows(origin) || data?.trustbot !== 1 || data.id !== framing.id) return;
    host = origin;
    if (Object.hasOwn(hearing, data.type)) hearing[data.type](data);
  });
}
