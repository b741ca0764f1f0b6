// What both renderers' pages do around the renderer: fetch the published set, draw it, send what it made.

import { named } from "../answering.mjs";

const BASE = new URL(location.href).searchParams.get("base");

/** `draw` shows a Questionnaire in #form; `exported` gives the renderer's own QuestionnaireResponse. */
export function renderer({ draw, exported }) {
  let asked;
  window.app = {
    async show(ordinal) {
      const answer = await fetch(`${BASE}/Questionnaire/after-infusion-${ordinal}`, { headers: { Accept: "application/fhir+json" } });
      asked = await answer.json();
      await draw(structuredClone(asked));
      return {
        prompts: asked.item.filter((item) => item.type === "text").map((item) => item.text),
        notices: asked.item.filter((item) => item.type === "display").map((item) => item.text),
        linkIds: asked.item.filter((item) => item.type === "text").map((item) => item.linkId),
      };
    },
    exported: () => exported(),
    async send(made, patient, encounter, token) {
      // What the renderer says itself goes before what the app adds; sending is the app's, so it says "completed".
      const body = JSON.stringify({ ...named(asked, patient, encounter), ...made, status: "completed" });
      const headers = { "Content-Type": "application/fhir+json", Accept: "application/fhir+json", Authorization: `Bearer ${token}` };
      const answer = await fetch(`${BASE}/QuestionnaireResponse`, { method: "POST", headers, body });
      return { status: answer.status, body: await answer.json() };
    },
  };
  document.documentElement.dataset.ready = "yes";
}
