/** The map's pictures, drawn here: no glyph server, no sprite file, so the map needs nothing from outside. */
import type { Map as GlMap } from "maplibre-gl";
import { t } from "../boot";

const RATIO = 2;
const FONT = '"Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", system-ui, sans-serif';

/** Colours of the danger grades and of the text on them, with measured contrast (PRODUCT 5.6). */
const GRADES: Record<string, [string, string]> = {
  "1": ["#2e7d32", "#ffffff"],
  "2": ["#1565c0", "#ffffff"],
  "3": ["#ffd600", "#000000"],
  "4": ["#fb8c00", "#000000"],
  "5": ["#c62828", "#ffffff"],
  none: ["#5c6b77", "#ffffff"],
};

type Draw = (pen: CanvasRenderingContext2D, width: number, height: number) => void;

function picture(map: GlMap, id: string, width: number, height: number, draw: Draw): void {
  if (map.hasImage(id)) return;
  const canvas = document.createElement("canvas");
  canvas.width = width * RATIO;
  canvas.height = height * RATIO;
  const pen = canvas.getContext("2d");
  if (!pen) return;
  pen.scale(RATIO, RATIO);
  draw(pen, width, height);
  map.addImage(id, pen.getImageData(0, 0, canvas.width, canvas.height), { pixelRatio: RATIO });
}

function widthOf(text: string, font: string): number {
  const pen = document.createElement("canvas").getContext("2d");
  if (!pen) return text.length * 12;
  pen.font = font;
  return Math.ceil(pen.measureText(text).width);
}

/** A station: a square with the number and the word of its grade, and its name. */
export function stationMark(map: GlMap, name: string, grade: number | null): string {
  const key = grade === null ? "none" : String(grade);
  const id = `station-${name}-${key}`;
  const [fill, ink] = GRADES[key] ?? ["#5c6b77", "#ffffff"];
  const word = grade === null ? t("danger.grade.none") : `${grade} ${t(`danger.grade.${grade}`)}`;
  const words = `${t("why.danger")} ${word}`;
  const font = `600 12px ${FONT}`;
  const box = widthOf(words, font) + 12;
  picture(map, id, Math.max(box, widthOf(name, font) + 8), 38, (pen, width) => {
    pen.fillStyle = fill;
    pen.strokeStyle = "#0b1116";
    pen.lineWidth = 2;
    pen.beginPath();
    pen.roundRect((width - box) / 2 + 1, 1, box - 2, 18, 3);
    pen.fill();
    pen.stroke();
    pen.fillStyle = ink;
    pen.font = font;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(words, width / 2, 11);
    label(pen, name, width / 2, 29, `500 12px ${FONT}`, "#a9b8c4");
  });
  return id;
}

/** A tower: a triangle, filled while all cameras look, hollow while none does, with its name below. */
export function towerMark(map: GlMap, name: string, online: number, total: number): string {
  const id = `tower-${name}-${online}-${total}`;
  const font = `500 12px ${FONT}`;
  const words = online === total ? name : `${name} ${online}/${total}`;
  picture(map, id, Math.max(24, widthOf(words, font) + 8), 40, (pen, width) => {
    const middle = width / 2;
    pen.beginPath();
    pen.moveTo(middle, 3);
    pen.lineTo(middle + 9, 20);
    pen.lineTo(middle - 9, 20);
    pen.closePath();
    pen.fillStyle = online === 0 ? "#10171d" : "#d9e4ec";
    pen.strokeStyle = online === total ? "#0b1116" : "#ffb547";
    pen.lineWidth = 2;
    pen.fill();
    pen.stroke();
    label(pen, words, middle, 31, font, online === total ? "#d9e4ec" : "#ffc670");
  });
  return id;
}

/** An incident: a drop in the colour of its state with a letter-like sign, so that colour is not alone. */
export function incidentMark(
  map: GlMap,
  state: string,
  number: string,
  isSelected: boolean,
  isExercise: boolean,
): string {
  const id = `incident-${state}-${number}-${isSelected}`;
  const looks: Record<string, [string, string]> = { SUSPECTED: ["#ffb020", "?"], FALSE_ALARM: ["#7d8c99", "×"] };
  const look = isExercise ? (["#b58cff", t("exercise.sign")] as const) : (looks[state] ?? (["#ff5a4d", "!"] as const));
  const font = `600 12px ${FONT}`;
  picture(map, id, Math.max(40, widthOf(number, font) + 8), 54, (pen, width) => {
    const middle = width / 2;
    if (isSelected) {
      pen.beginPath();
      pen.arc(middle, 19, 17, 0, 7);
      pen.strokeStyle = "#ffffff";
      pen.lineWidth = 2.5;
      pen.stroke();
    }
    pen.beginPath();
    pen.arc(middle, 19, 12, 0, 7);
    pen.fillStyle = look[0];
    pen.strokeStyle = "#0b1116";
    pen.lineWidth = 2;
    pen.fill();
    pen.stroke();
    pen.fillStyle = "#10171d";
    pen.font = `800 16px ${FONT}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(look[1], middle, 20);
    // On a ground of its own: a station's name may lie below.
    pen.fillStyle = "#10171d";
    pen.beginPath();
    pen.roundRect(0, 36, width, 18, 4);
    pen.fill();
    label(pen, number, middle, 45, font, "#ffffff");
  });
  return id;
}

/** A heat that a satellite saw: a diamond, hollow on a place known to be warm, with its age below. */
export function heatMark(map: GlMap, age: string, isKnown: boolean, isChosen: boolean): string {
  const id = `heat-${age}-${isKnown}-${isChosen}`;
  const font = `600 12px ${FONT}`;
  picture(map, id, Math.max(28, widthOf(age, font) + 8), 42, (pen, width) => {
    const middle = width / 2;
    pen.beginPath();
    pen.moveTo(middle, 3);
    pen.lineTo(middle + 10, 13);
    pen.lineTo(middle, 23);
    pen.lineTo(middle - 10, 13);
    pen.closePath();
    pen.fillStyle = isKnown ? "#10171d" : "#ff7ad9";
    pen.strokeStyle = isChosen ? "#ffffff" : isKnown ? "#ff7ad9" : "#0b1116";
    pen.lineWidth = isChosen ? 3 : 2;
    pen.fill();
    pen.stroke();
    label(pen, age, middle, 33, font, "#ffb3e9");
  });
  return id;
}

/** A place where it could be as well: a hollow ring with its chance below, so that nobody takes it for the fire. */
export const possibleMark = (map: GlMap, chance: string): string => ring(map, chance, "#ffb020", "#ffd199");

export const LIKELY_COLOUR = "#a9b8c4";

/** The likeliest place of what one tower sees: a ring as hollow, and paler than any position. */
export const likelyMark = (map: GlMap, words: string): string => ring(map, words, LIKELY_COLOUR, "#d9e4ec");

function ring(map: GlMap, words: string, colour: string, ink: string): string {
  const id = `ring-${words}-${colour}`;
  const font = `600 12px ${FONT}`;
  picture(map, id, Math.max(30, widthOf(words, font) + 8), 40, (pen, width) => {
    pen.beginPath();
    pen.arc(width / 2, 13, 9, 0, 7);
    pen.setLineDash([4, 3]);
    pen.strokeStyle = colour;
    pen.lineWidth = 2.5;
    pen.stroke();
    pen.setLineDash([]);
    label(pen, words, width / 2, 31, font, ink);
  });
  return id;
}

/** A few words on a dark ground, framed in a colour: a time on the edge of a shape. */
export function labelMark(map: GlMap, words: string, colour: string): string {
  const id = `label-${words}-${colour}`;
  const font = `600 12px ${FONT}`;
  picture(map, id, widthOf(words, font) + 12, 20, (pen, width, height) => {
    pen.fillStyle = "#10171d";
    pen.strokeStyle = colour;
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.roundRect(1, 1, width - 2, height - 2, 4);
    pen.fill();
    pen.stroke();
    label(pen, words, width / 2, height / 2 + 1, font, colour);
  });
  return id;
}

function label(pen: CanvasRenderingContext2D, words: string, x: number, y: number, font: string, ink: string): void {
  pen.font = font;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  pen.lineWidth = 4;
  pen.strokeStyle = "#10171d";
  pen.strokeText(words, x, y);
  pen.fillStyle = ink;
  pen.fillText(words, x, y);
}
