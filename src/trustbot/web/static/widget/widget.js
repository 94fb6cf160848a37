// The loader of the widget: what another site's page runs. It brings a button, and the chat in a frame once a reader
// opens it. Lines of comment and white space are dropped when it is served, and the words are put in.
(() => {
  "use strict";
  const WORDS = {};

  const tag = document.currentScript;
  // A second tag finds the first one's work done, and only adds its own launcher.
  if (window.trustbot && window.trustbot.start) return window.trustbot.start(tag);

  const sheet = new CSSStyleSheet();
  // First, what keeps out a site's rules for all elements; in place of text, the site may say where the element stands.
  sheet.replaceSync(`:host{all:initial;display:block}
:host(:not([data-mode=inline])){all:initial!important;position:absolute!important}
:host([hidden]),[hidden]{display:none!important}
section{all:initial;direction:ltr;color:CanvasText;font:16px/1.45 system-ui,sans-serif}
button{min-height:44px;padding:0 16px;border:2px solid transparent;border-radius:28px;background:var(--a);color:var(--i);font:inherit;cursor:pointer}
button:focus-visible{outline:2px solid #fff;box-shadow:0 0 0 5px #000}
.launch,dialog{position:fixed;z-index:2147483000;inset:auto 16px calc(16px + env(safe-area-inset-bottom)) auto;box-shadow:0 2px 16px #0006}
.left .launch,.left dialog{right:auto;left:16px}
.launch{min-height:56px;max-width:calc(100vw - 32px);border-radius:28px 28px 6px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.left .launch{border-radius:28px 28px 28px 6px}
b{font-size:26px;vertical-align:middle}
b+span{margin-left:8px}
.place{box-sizing:border-box;overflow:hidden;margin:0;padding:0;border:1px solid GrayText;border-radius:14px;background:Canvas;color:inherit}
dialog{bottom:calc(84px + env(safe-area-inset-bottom));width:400px;height:640px;max-width:calc(100vw - 32px);max-height:calc(100vh - 100px)}
div.place{position:relative;height:480px}
.place:modal{inset:0;width:100%;height:100%;max-width:none;max-height:none;padding:env(safe-area-inset-top) 0 env(safe-area-inset-bottom);border:0;border-radius:0}
iframe{display:block;width:100%;height:100%;border:0}
.wait iframe{position:absolute;visibility:hidden}
.note{display:none;box-sizing:border-box;height:100%;padding:24px;overflow:auto;text-align:center;overflow-wrap:anywhere}
.wait .note{display:grid;place-content:center;justify-items:center;gap:12px}
p{margin:0 0 8px}
.shut{border-color:GrayText;background:none;color:inherit}
@media print{.launch,dialog{display:none}}`);
  const mounted = new Map();
  let home, provider;

  const make = (name, attributes, ...parts) => {
    const made = document.createElement(name);
    for (const key in attributes) made.setAttribute(key, attributes[key]);
    made.append(...parts);
    return made;
  };
  // Black or white, whichever is easier to read on the colour: one of them always has a contrast above 4.5.
  const inkOn = (colour) => {
    const part = (at) => (parseInt(colour.substr(at, 2), 16) / 255) ** 2.2;
    return 0.21 * part(1) + 0.72 * part(3) + 0.07 * part(5) > 0.18 ? "#000" : "#fff";
  };

  const mount = (host) => {
    const root = host.shadowRoot;
    const options = host.dataset;
    const inline = options.mode === "inline";
    const code = (options.lang || document.documentElement.lang).slice(0, 2).toLowerCase();
    const lang = WORDS[code] ? code : "en";
    const words = WORDS[lang];
    const server = (options.server || home) + (lang === "en" ? "" : lang + "/");
    const { origin } = new URL(server);
    const id = "tb-" + Math.random().toString(36).slice(2);
    const life = new AbortController();
    // The controller stands for the options: of these, `signal` is the one that it has.
    const listen = (target, type, run) => target.addEventListener(type, run, life);
    const tell = (type, detail) =>
      host.dispatchEvent(new CustomEvent("trustbot:" + type, { bubbles: true, composed: true, detail }));
    const questions = [];
    const timers = [];
    let tries = 0;
    let frame, ready, blocked, warned, wanted;

    const said = make("p");
    const detail = make("p");
    const told = make("div", {}, said, detail);
    const again = make("button", {}, words.again);
    const shut = make("button", { class: "shut" }, words.close);
    const note = make("div", { class: "note" }, told, again, shut);
    const stage = make(inline ? "div" : "dialog", { class: "place wait" }, note);
    const name = make("span");
    const bubble = make("b", { "aria-hidden": true }, "?");
    const launch = make("button", { class: "launch", "aria-haspopup": "dialog", "aria-expanded": false }, bubble, name);
    const section = make("section", { lang }, launch, stage);
    again.hidden = true;
    launch.hidden = shut.hidden = inline;

    const theme = () => options.theme || "auto";
    const paint = () => {
      const colour = /^#[\da-f]{6}$/i.test(options.accent) ? options.accent : "#0b5c5a";
      const label = options.label || words.label;
      section.style.cssText = `--a:${colour};--i:${inkOn(colour)};color-scheme:${theme() === "auto" ? "light dark" : theme()}`;
      section.className = options.position;
      name.textContent = launch.title = label;
      section.setAttribute("aria-label", label);
      if (!inline) stage.setAttribute("aria-label", label);
      if (frame) frame.title = label;
    };
    const post = (type, more) => ready && frame.contentWindow.postMessage({ trustbot: 1, id, type, ...more }, origin);
    const put = () => {
      while (ready && questions.length) post("ask", { question: questions.shift() });
    };
    const later = (run, ms) => timers.push(setTimeout(run, ms));
    const stop = () => timers.splice(0).forEach(clearTimeout);
    const drop = () => {
      stop();
      if (frame) frame.remove();
      frame = ready = undefined;
      stage.classList.add("wait");
    };
    const say = (key, more = "", role = "status") => {
      told.setAttribute("role", role);
      said.textContent = words[key];
      detail.textContent = more;
      again.hidden = role === "status";
    };
    // Visitors read what they can do; what whoever looks after the page has to change stands in the console.
    const fail = (key, sentence, shown = words.tell) => {
      stop();
      say(key, shown, "alert");
      if (warned !== sentence) console.warn("trustbot: " + sentence);
      warned = sentence;
      tell("problem", { reason: key, sentence });
    };
    const unreached = () => fail("down", words.check.replace("{origin}", origin));
    const load = () => {
      drop();
      blocked = false;
      const address = (path, asked) => {
        const url = new URL(path, server);
        for (const key in asked) if (asked[key]) url.searchParams.set(key, asked[key]);
        return url.href;
      };
      const { corpus, persona, accent, question: q } = options;
      const src = address("widget", { corpus, id, origin: location.origin, theme: theme(), persona, q, accent });
      // No `sandbox`: the frame is of another origin already, and the script that makes it is the same server's.
      const mine = (frame = make("iframe", { src, allow: "clipboard-write", referrerpolicy: "origin" }));
      const unless = (run) => (found) => mine === frame && !ready && run(found);
      stage.append(frame);
      paint();
      say("loading");
      later(() => say("slow"), 8000);
      later(unreached, 25000);
      fetch(address("widget/status", { corpus }), { credentials: "omit", cache: "no-store" })
        .then((response) => response.json())
        .then(
          unless(({ open, reason, problem }) => {
            if (open !== false) return;
            drop();
            if (reason === "starting") {
              say("loading", problem);
              later(() => (inline || stage.open) && load(), 3000);
            } else fail("no", problem, reason === "off" ? problem : undefined);
          }),
          // A page that may not ask can still show the frame; that it may not is said in a moment.
          unless(() => later(unless(() => blocked || unreached()), 400))
        );
    };
    const focus = () => {
      wanted = false;
      frame.focus();
      post("focus");
    };
    const open = () => {
      if (!inline && !stage.open) {
        if (innerWidth > 640 && innerHeight > 480) stage.show();
        // Only a modal dialog keeps the focus, and hides the page behind it.
        else stage.showModal();
        launch.setAttribute("aria-expanded", true);
        tell("open");
      }
      wanted = true;
      if (ready) focus();
      else if (!frame || !again.hidden) load();
    };
    const close = () => !inline && stage.close();

    const fetched = async () => {
      const { href } = new URL(options.tokenUrl, document.baseURI);
      const response = await fetch(href, { mode: "same-origin", cache: "no-store" });
      return (await response.json()).token;
    };
    // Undefined where there is none to be had. Three a minute are enough: more would only be refused as well.
    const token = async () => {
      const give = provider || (options.tokenUrl && fetched);
      if (give && tries < 3)
        try {
          tries++;
          setTimeout(() => tries--, 60000);
          return await Promise.race([give(), new Promise((_, no) => setTimeout(no, 10000, "no reply"))]);
        } catch (error) {
          console.warn("trustbot: no visitor token:", error);
          tell("problem", { reason: "token", sentence: String(error) });
        }
    };
    const renew = async () => {
      const given = ready && (await token());
      if (given) post("token", { token: given });
    };
    const greet = async () => {
      const mine = frame;
      const given = await token();
      if (mine !== frame) return;
      stop();
      ready = true;
      again.hidden = true;
      stage.classList.remove("wait");
      post("hello", { theme: theme(), accent: options.accent, persona: options.persona, token: given });
      if (inline) post("escape-off");
      // In a panel, whoever has gone on elsewhere meanwhile is not called back.
      if (inline ? wanted : stage.open && root.activeElement) focus();
      put();
    };

    listen(window, "message", ({ source, origin: from, data }) => {
      if (!frame || source !== frame.contentWindow || from !== origin) return;
      if (!data || data.trustbot !== 1 || data.id !== id) return;
      const { type, height, outcome, citations, sentence } = data;
      if (type === "ready") greet();
      if (type === "token") renew();
      if (type === "close") close();
      if (type === "problem") tell(type, { reason: "chat", sentence });
      if (type === "height" && inline && height > 0)
        stage.style.height = Math.min(Math.max(height, 360), parseInt(options.height) || 720) + "px";
      if (type === "answer") tell(type, { outcome, citations });
    });
    listen(document, "securitypolicyviolation", ({ blockedURI, effectiveDirective, disposition }) => {
      if (!frame || disposition !== "enforce" || !(blockedURI + "/").startsWith(origin + "/")) return;
      if (effectiveDirective === "connect-src") blocked = true;
      if (effectiveDirective === "frame-src") {
        drop();
        fail("no", words.frame.replace("{origin}", origin));
      }
    });
    listen(launch, "click", () => (stage.open ? close() : open()));
    listen(shut, "click", close);
    listen(again, "click", () => {
      wanted = true;
      load();
      shut.focus();
    });
    listen(section, "keydown", (event) => {
      if (event.key !== "Escape" || !stage.open) return;
      event.stopPropagation();
      close();
    });
    listen(stage, "close", () => {
      launch.setAttribute("aria-expanded", false);
      if (document.activeElement === document.body) launch.focus();
      tell("close");
    });

    paint();
    root.replaceChildren(section);
    const watcher = new IntersectionObserver(([seen]) => seen.isIntersecting && !frame && load(), { rootMargin: "99px" });
    if (inline) watcher.observe(host);
    return {
      open,
      close,
      paint,
      post: () => post("theme", { theme: theme(), accent: options.accent }),
      ask(question) {
        questions.push(question);
        open();
        put();
      },
      renew,
      shown: () => stage.open,
      end() {
        watcher.disconnect();
        life.abort();
        drop();
      },
    };
  };

  class Chat extends HTMLElement {
    static get observedAttributes() {
      return "theme accent label position lang corpus mode".split(" ").map((name) => "data-" + name);
    }
    constructor() {
      super();
      this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
    }
    connectedCallback() {
      mounted.set(this, mount(this));
    }
    disconnectedCallback() {
      mounted.get(this).end();
      mounted.delete(this);
    }
    attributeChangedCallback(name, old, value) {
      const part = mounted.get(this);
      if (!part || old === value) return;
      if (!/lang|corpus|mode/.test(name)) {
        part.paint();
        part.post();
        return;
      }
      const shown = part.shown();
      this.disconnectedCallback();
      this.connectedCallback();
      if (shown) this.open();
    }
    open() {
      mounted.get(this).open();
    }
    close() {
      mounted.get(this).close();
    }
    ask(question) {
      mounted.get(this).ask(question);
    }
  }

  const launchers = new Map();
  // A launcher comes back whenever the page lost it and still holds its tag: a new body is no reason to be gone.
  const place = () => {
    if (document.readyState === "loading") return;
    for (const [key, [one, made]] of launchers) {
      if (one.isConnected && ![...mounted.keys()].some((there) => there.dataset.key === key)) {
        if (made.dataset.mode === "inline") one.after(made);
        else document.body.append(made);
      }
    }
  };
  const start = (one) => {
    if (!one) return;
    const { src, dataset } = one;
    const server = new URL(dataset.server || "./", src).href;
    home = home || server;
    // A tag that names neither only brings the element.
    if (!dataset.corpus && !dataset.mode) return;
    if (!launchers.size) {
      new MutationObserver(place).observe(document, { childList: true, subtree: true });
      addEventListener("DOMContentLoaded", place);
    }
    const key = [server, dataset.corpus, dataset.mode, dataset.position].join();
    const made = make("trustbot-chat");
    Object.assign(made.dataset, { mode: "launcher" }, dataset, { server, key });
    launchers.set(key, [one, made]);
    place();
  };

  window.trustbot = Object.freeze({
    get widgets() {
      return [...mounted.keys()];
    },
    open: () => trustbot.widgets[0]?.open(),
    ask: (question) => trustbot.widgets[0]?.ask(question),
    close: () => trustbot.widgets.forEach((widget) => widget.close()),
    theme: (name) => trustbot.widgets.forEach((widget) => (widget.dataset.theme = name)),
    token(give) {
      provider = give;
      mounted.forEach((part) => part.renew());
    },
    start,
  });
  start(tag);
  customElements.define("trustbot-chat", Chat);
})();
