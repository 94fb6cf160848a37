// Gradio marks the page with the browser's language. The page is in the one that its address asks for.
{
  const code = document.currentScript.dataset.language;
  const page = document.documentElement;
  const keep = () => page.lang !== code && page.setAttribute("lang", code);
  new MutationObserver(keep).observe(page, { attributeFilter: ["lang"] });
  keep();
}
