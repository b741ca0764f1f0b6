// Two texts, one to choose. Until the choice is sent, the tab keeps its own text and knows that it is disputed.

import { drop, keep, kept } from "./sealed.js";

const form = document.getElementById("choosing");
const { entry, wordsKey } = form.dataset;
const earlier = await kept(entry, wordsKey);
if (earlier) await keep(entry, wordsKey, { ...earlier, disputed: true });
form.addEventListener("submit", () => drop(entry));
