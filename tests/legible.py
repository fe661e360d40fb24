"""Measures, in a browser, which texts are too faint to read."""

from __future__ import annotations

__all__ = ["FAINT"]

# Contrast of each text with what lies below it, by WCAG 2.2; texts over a pattern are left out.
FAINT = """() => {
  const parse = (words) => { const m = words.match(/[\\d.]+/g).map(Number); return [m[0], m[1], m[2], m[3] ?? 1]; };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const linear = (v) => ((v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = (c) => 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2]);
  const ground = (one) => {
    const layers = [];
    for (let at = one; at; at = at.parentElement) {
      const look = getComputedStyle(at);
      if (look.backgroundImage !== "none") return null;
      layers.push(parse(look.backgroundColor));
    }
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
  };
  const faint = [];
  for (const one of document.querySelectorAll("body *")) {
    if (!one.checkVisibility() || one.closest(".maplibregl-map, :disabled, .unseen, .skip")) continue;
    if (![...one.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
    const under = ground(one);
    if (!under) continue;
    const ink = parse(getComputedStyle(one).color);
    for (let at = one; at; at = at.parentElement) ink[3] *= Number(getComputedStyle(at).opacity);
    const [high, low] = [light(over(ink, under)), light(under)].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) faint.push(`${one.className} "${one.textContent.trim().slice(0, 30)}" ${ratio.toFixed(2)}`);
  }
  return faint;
}"""
