// npm lforms: its own web component draws the form, and its own export makes the response.

import { renderer } from "./renderer.mjs";

renderer({
  draw: (questionnaire) => window.LForms.Util.addFormToPage(questionnaire, "form", { fhirVersion: "R4" }),
  exported: () => window.LForms.Util.getFormFHIRData("QuestionnaireResponse", "R4", "#form"),
});
