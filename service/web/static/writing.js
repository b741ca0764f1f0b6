// The writing pages: saves after a pause, keeps in the tab what is not saved, says so in words, hides them on demand.
// Without this module the page is a plain form and nothing is missing but the saving in between.

import { drop, keep, kept } from "./sealed.js";
import { Saver } from "./saving.js";

const PAUSE = 1500;
const NEARLY = 0.9;
const form = document.getElementById("writing");
const saved = document.getElementById("saved");
const news = document.getElementById("saving-news");
const fields = [...form.querySelectorAll("textarea[data-link-id]")];
const { autosaveUrl, entry, wordsKey } = form.dataset;
const csrf = document.querySelector('meta[name="csrf"]').content;
const saver = new Saver({ url: autosaveUrl, csrf, revision: Number(form.dataset.revision), tell, changed });
let pause = null;
let troubled = false;
let handedOver = false;

// ---------- what the person does ----------

const choiceOf = (field) => form.elements.namedItem(field.dataset.private);
const answerOf = (field) => ({ linkId: field.dataset.linkId, text: field.value, private: choiceOf(field).checked });

function noted(field) {
  saver.note(answerOf(field));
  nearTheEnd(field);
  clearTimeout(pause);
  pause = setTimeout(saveNow, PAUSE);
}

function saveNow() {
  clearTimeout(pause);
  if (!handedOver && !saver.conflict) saver.save();
}

function nearTheEnd(field) {
  document.getElementById(field.getAttribute("aria-describedby")).hidden = field.value.length < NEARLY * field.maxLength;
}

// A form that overtakes its own autosave would meet its own words as "changed elsewhere": so it waits for the reply.
async function handOver(event) {
  if (handedOver) return;
  handedOver = true;
  clearTimeout(pause);
  saver.stop();
  if (!saver.running) return handed();
  event.preventDefault();
  await Promise.race([saver.running, new Promise((done) => setTimeout(done, 4000))]);
  handed();
  form.requestSubmit(event.submitter);
}

// If the form does not arrive, the tab still has the words; if it does, the next page knows which ones went with it.
function handed() {
  form.elements.namedItem("revision").value = saver.revision;
  if (!saver.isSettled) keep(entry, wordsKey, { ...saver.unconfirmed, handed: fields.map((field) => field.dataset.linkId) });
}

// ---------- what the saver says ----------

function changed() {
  if (saver.isSettled) drop(entry);
  else keep(entry, wordsKey, saver.unconfirmed);
}

function tell(what, detail) {
  if (what === "saved") return tellSaved(detail);
  troubled = true;
  saved.textContent = "Not saved yet";
  if (what === "conflict") return tellConflict(detail);
  const now = {
    failed: "Not saved yet: keep this page open. We keep trying.",
    "signed-out": "Not saved yet: you are signed out. Please sign in again in this tab. Your words wait in it.",
    refused: "Not saved yet: keep this page open. Please press Next or Save, or copy your words to a safe place.",
  }[what];
  if (news.textContent !== now) news.textContent = now;
  document.documentElement.classList.remove("saves-itself");
}

function tellSaved({ savedAt, sessionEnds }) {
  showClock(new Date(savedAt));
  if (sessionEnds) document.dispatchEvent(new CustomEvent("sitting-extended", { detail: sessionEnds }));
  if (!troubled) return;
  troubled = false;
  document.documentElement.classList.add("saves-itself");
  news.textContent = "Saved again.";
  setTimeout(() => { if (!troubled) news.textContent = ""; }, 6000);
}

function tellConflict({ conflictUrl }) {
  const both = document.createElement(conflictUrl ? "a" : "button");
  if (conflictUrl) both.href = conflictUrl;
  else Object.assign(both, { type: "submit", name: "go", value: "save" });
  both.className = "button";
  both.textContent = "See both texts";
  news.replaceChildren("This was also changed in another window. Nothing is lost. ", both);
}

function showClock(when) {
  const time = document.createElement("time");
  time.dateTime = when.toISOString();
  time.textContent = `${String(when.getHours()).padStart(2, "0")}:${String(when.getMinutes()).padStart(2, "0")}`;
  saved.replaceChildren("Saved ", time);
}

// ---------- what an earlier page left ----------

async function restore() {
  const earlier = await kept(entry, wordsKey);
  if (!earlier) return;
  const left = saver.revision > earlier.revision && !earlier.disputed ? withoutHanded(earlier) : earlier;
  const answers = [...(left.flight?.answers ?? []), ...left.answers];
  if (answers.length === 0) return void drop(entry);
  answers.forEach(show);
  await saver.resume(left);
}

// What went with a form the server has taken is not ours to send again.
function withoutHanded({ revision, flight, answers, handed = [] }) {
  const ours = (answer) => !handed.includes(answer.linkId);
  return { revision, flight: flight?.answers.every(ours) ? flight : null, answers: answers.filter(ours) };
}

function show(answer) {
  const field = fields.find((one) => one.dataset.linkId === answer.linkId);
  if (!field) return;
  field.value = answer.text;
  choiceOf(field).checked = answer.private;
}

// ---------- hide my words ----------

function offerHiding() {
  const button = document.getElementById("hide");
  button.hidden = false;
  button.addEventListener("click", () => {
    const hidden = document.documentElement.classList.toggle("words-hidden");
    button.textContent = hidden ? "Show my words" : "Hide my words";
  });
}

// ---------- start ----------

for (const field of fields) {
  field.addEventListener("input", () => noted(field));
  field.addEventListener("blur", saveNow);
  choiceOf(field).addEventListener("change", () => { noted(field); saveNow(); });
  nearTheEnd(field);
}
form.addEventListener("submit", handOver);
addEventListener("online", saveNow);
addEventListener("pagehide", saveNow);
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") saveNow(); });
document.documentElement.classList.add("saves-itself");
const savedBefore = saved.querySelector("time");
if (savedBefore) showClock(new Date(savedBefore.dateTime));
offerHiding();
await restore();
document.documentElement.dataset.writing = "ready";
