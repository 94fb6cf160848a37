// The page for a portal's coordinator: what to paste follows each choice, and is copied by a button. All of it is made
// by the server, from the same address as without a script.
const form = document.querySelector(".choices form");
const PARTS = [".state", "#portal-verdict", "#accent-verdict", "#snippets"];

function furnish() {
  for (const button of document.querySelectorAll(".copy")) button.hidden = false;
}

// A part that stays the same stays in place, with what is selected or open in it.
function put(page, selector) {
  const [mine, theirs] = [document, page].map((one) => one.querySelector(selector));
  if (!theirs || mine.dataset.made === theirs.outerHTML) return;
  const made = theirs.outerHTML;
  if (mine.role === "status") {
    mine.className = theirs.className;
    mine.textContent = theirs.textContent;
  } else mine.replaceChildren(...theirs.childNodes);
  mine.dataset.made = made;
}

let asked = 0;
async function follow() {
  const mine = ++asked;
  const address = `setup?${new URLSearchParams([...new FormData(form)].filter(([, value]) => value))}`;
  const answer = await fetch(address, { cache: "no-store" }).catch(() => null);
  if (!answer?.ok || mine !== asked) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  history.replaceState(null, "", address);
  for (const selector of PARTS) put(page, selector);
  furnish();
  put(page, "#preview");
}

for (const selector of [...PARTS, "#preview"]) {
  const part = document.querySelector(selector);
  part.dataset.made = part.outerHTML;
}
furnish();
document.querySelector(".choices button").hidden = true;
let waiting;
form.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(follow, 500);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(waiting);
  follow();
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.(".copy");
  if (!button) return;
  const code = button.closest("article").querySelector("code");
  let done = button.dataset.copied;
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    // Without TLS, or where it was refused, the reader copies what is selected.
    getSelection().selectAllChildren(code);
    done = button.dataset.selected;
  }
  const said = button.nextElementSibling;
  said.textContent = "";
  setTimeout(() => { said.textContent = done; }, 50);
});
