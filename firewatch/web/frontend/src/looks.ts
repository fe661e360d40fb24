/** Which other towers could look at the open incident. */
import { api } from "./api";
import { askedAbout } from "./asked";

/** The towers, the most useful first; null until they are there. */
export const [looks, watchLooks] = askedAbout(api.looks);
