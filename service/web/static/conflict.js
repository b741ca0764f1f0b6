// Two texts, one to choose. Until the choice has arrived, the tab keeps its own text: the next page tells by its revision.

import { drop, keep, kept } from "./sealed.js";

const form = document.getElementById("choosing");
const { entry, wordsKey } = form.dataset;
const earlier = await kept(entry, wordsKey);
const revision = Number(form.elements.namedItem("revision").value);

form.addEventListener("submit", () => {
  const choices = [...form.querySelectorAll("input[type=radio]:checked")].map((one) => one.value);
  if (choices.every((one) => one === "theirs")) drop(entry);
  else if (earlier) keep(entry, wordsKey, { ...earlier, resolvedAt: revision });
});
