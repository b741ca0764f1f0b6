// The check page shows what the server has. What an earlier page could not save is saved now, and then shown too.

import { drop, isOvertaken, keep, kept } from "./sealed.js";
import { Saver } from "./saving.js";

const { autosaveUrl, entry, wordsKey, revision } = document.getElementById("answers").dataset;
const earlier = await kept(entry, wordsKey);

if (earlier?.resolvedAt < Number(revision)) await drop(entry);
else if (await isOvertaken(entry, Number(revision), earlier)) location.reload();
else if (earlier) await deliver();

async function deliver() {
  const csrf = document.querySelector('meta[name="csrf"]').content;
  const saver = new Saver({ url: autosaveUrl, csrf, revision: Number(revision), tell: () => {}, changed });
  await saver.resume(earlier);
  document.getElementById("unsaved").hidden = saver.isSettled;
  if (!saver.isSettled) return saver.stop();
  await drop(entry, saver.revision);
  if (saver.revision !== Number(revision)) location.reload();
}

function changed(saver) {
  if (!saver.isSettled) keep(entry, wordsKey, saver.unconfirmed);
}
