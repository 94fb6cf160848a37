// Looks again until there is more to see than this page. Without scripts the page is loaded anew every few seconds instead.
const look = async () => {
  const page = await fetch(location.href, { cache: "no-store" }).catch(() => null);
  if (page?.ok) location.reload();
  else if (page) {
    const text = new DOMParser().parseFromString(await page.text(), "text/html");
    for (const name of ["h1", ".what", ".note"]) {
      const [now, then] = [document.querySelector(name), text.querySelector(name)];
      if (now && then && now.textContent !== then.textContent) now.textContent = then.textContent;
    }
  }
};
setInterval(look, 2000);
