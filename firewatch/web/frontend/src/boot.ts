/** What the server wrote into the page: language, texts, who is here. */

interface Boot {
  lang: string;
  timeZone: string;
  texts: Record<string, string>;
  csrf: string;
  actor: string;
  isLocal: boolean;
  centre: string;
  isIllustrative: boolean;
  reasons: string[];
  heatReasons: string[];
}

export const boot = JSON.parse(document.getElementById("boot")?.textContent ?? "{}") as Boot;

/** A text of the catalogue with its facts filled in. A key without a text shows itself: a visible fault beats a blank. */
export function t(key: string, facts: Record<string, string | number> = {}): string {
  const text = boot.texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(facts[name] ?? whole));
}
