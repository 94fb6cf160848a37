// The accent of a portal, made readable on the chat's own grounds. Colours come and go as `#rrggbb`; nothing here knows
// the page. Luminance and contrast are those of WCAG 2.
const parts = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
const hex = (values) => `#${values.map((value) => Math.round(value).toString(16).padStart(2, "0")).join("")}`;

const luminance = (colour) => {
  const [red, green, blue] = parts(colour).map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
export const contrast = (one, other) => {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
};
// One of them always has a contrast above 4.5.
export const inkOn = (ground) => (contrast("#000000", ground) > contrast("#ffffff", ground) ? "#000000" : "#ffffff");

const mixed = (colour, ground, share) =>
  hex(parts(colour).map((value, at) => value * share + parts(ground)[at] * (1 - share)));
// Towards black or white in a straight line: lightness changes, the hue stays.
const stepped = (colour, end, step) => mixed(end, colour, step / 50);

// The colour itself, or the nearest lighter or darker one that has at least this contrast to each of the grounds.
export const fitted = (colour, grounds, least) => {
  const end = inkOn(grounds[0]);
  for (let step = 0; step < 50; step++) {
    const tried = stepped(colour, end, step);
    if (grounds.every((ground) => contrast(tried, ground) >= least)) return tried;
  }
  return end;
};

// Page, paper and what lies sunk in it, as in chat.css.
const GROUNDS = { light: ["#f5f7f6", "#ffffff", "#f0f4f3"], dark: ["#101615", "#18201f", "#1f2927"] };
const TEXT = 4.5;

// Every colour that follows from an accent: of text and borders, of text on it, of a tint of it, of the bar and its text.
// `least` is the accent's own contrast to the worst of the grounds it stands on.
export const accentOf = (asked, theme) => {
  const colour = asked.toLowerCase();
  const [page, paper, sunk] = GROUNDS[theme];
  const soft = mixed(colour, paper, theme === "dark" ? 0.2 : 0.12);
  const grounds = [page, paper, sunk, soft];
  const accent = fitted(colour, grounds, TEXT);
  const least = Math.min(...grounds.map((ground) => contrast(colour, ground)));
  return { accent, on: inkOn(accent), soft, bar: colour, barInk: inkOn(colour), changed: accent !== colour, least };
};
