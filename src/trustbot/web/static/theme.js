// Light, dark, or as the device is set: the reader's choice, kept in this browser, on every page of the site.
{
  const NAME = "trustbot.theme";
  const THEMES = ["light", "dark"];
  const root = document.documentElement;
  const device = matchMedia("(prefers-color-scheme: dark)");
  const { label, system, light, dark } = document.currentScript.dataset;
  const names = { "": system, light, dark };
  const kept = () => {
    try {
      return localStorage.getItem(NAME);
    } catch {
      return null;
    }
  };
  let theme = THEMES.find((name) => name === kept()) ?? "";

  const paint = () => {
    for (const name of THEMES) root.classList.toggle(name, name === theme);
    // Gradio marks a dark page by a class of its own, and again whenever the device changes its mind.
    const isDark = theme ? theme === "dark" : device.matches;
    if (document.querySelector("gradio-app") && document.body.classList.contains("dark") !== isDark) document.body.classList.toggle("dark", isDark);
  };
  const choose = ({ target }) => {
    theme = target.value;
    try {
      if (theme) localStorage.setItem(NAME, theme);
      else localStorage.removeItem(NAME);
    } catch {
      // Then it holds for this page.
    }
    paint();
  };
  const offer = () => {
    const place = document.querySelector(".tb-options-body, nav.languages");
    if (!place || document.getElementById("tb-theme")) return;
    const select = Object.assign(document.createElement("select"), { id: "tb-theme", title: label, onchange: choose });
    for (const [value, name] of Object.entries(names)) select.append(new Option(name, value, false, value === theme));
    const named = Object.assign(document.createElement("label"), { className: "theme" });
    named.append(Object.assign(document.createElement("span"), { textContent: label }), select);
    const nav = place.querySelector("nav");
    if (nav) nav.before(named);
    else place.prepend(named);
  };
  const begin = () => {
    paint();
    offer();
    if (document.querySelector("gradio-app")) new MutationObserver(paint).observe(document.body, { attributeFilter: ["class"] });
  };
  paint();
  device.addEventListener("change", paint);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
  // The chat's page makes its own parts late, and some of them anew.
  document.addEventListener("tb-settled", offer);
}
