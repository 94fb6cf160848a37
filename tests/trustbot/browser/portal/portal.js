// The portal's own little framework: pages without loading, as many portals have them.
"use strict";
(() => {
  const links = [...document.querySelectorAll("[data-page]")];
  const render = (name) => {
    for (const view of document.querySelectorAll("[data-view]")) view.hidden = view.dataset.view !== name;
    for (const link of links) {
      if (link.dataset.page === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    // Frameworks throw away what a page held and make it anew.
    const slot = document.getElementById("slot");
    slot.replaceChildren();
    if (name === "faculty") {
      const chat = document.createElement("trustbot-chat");
      chat.dataset.corpus = "preceptor-trust";
      chat.dataset.mode = "inline";
      slot.append(chat);
    }
  };
  const named = () => links.find((link) => new URL(link.href).pathname === location.pathname)?.dataset.page ?? "today";
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-page]");
    if (!link) return;
    event.preventDefault();
    history.pushState({}, "", link.href);
    render(named());
    document.getElementById("page").focus();
  });
  addEventListener("popstate", () => render(named()));
  document.addEventListener("submit", (event) => event.preventDefault());
  // What the portal counts: which kinds of answers there were. It is never told what they said.
  window.portalLog = [];
  for (const name of ["open", "answer", "close", "problem"]) {
    document.addEventListener(`trustbot:${name}`, (event) => window.portalLog.push([name, event.detail]));
  }
  render(named());
})();
