// An app in a browser on npm fhirclient: it signs in by a launch or by itself, then waits to be asked.

import FHIR from "fhirclient";
import { response, words } from "../answering.mjs";

const here = new URL(location.href);

function says(state) {
  document.getElementById("state").textContent = state;
}

function signIn() {
  return FHIR.oauth2.authorize({
    clientId: "pocket-journal",
    scope: `openid fhirUser ${here.searchParams.has("launch") ? "launch" : "launch/patient"} patient/QuestionnaireResponse.crs`,
    redirectUri: `${location.origin}${location.pathname}`,
    pkceMode: "required",
  });
}

async function goOn() {
  const client = await FHIR.oauth2.ready();
  const status = (error) => error.statusCode ?? error.status ?? String(error);
  window.app = {
    signedIn: () => ({ base: client.state.serverUrl, patient: client.patient.id, scope: client.state.tokenResponse.scope }),
    async write(ordinal, encounter) {
      const asked = await client.request(`Questionnaire/after-infusion-${ordinal}`);
      const sent = response(asked, client.patient.id, encounter);
      const made = await client.create(sent);
      return { id: made.id, version: made.meta.versionId, wrote: words(sent), kept: words(made) };
    },
    read: async (id) => words(await client.request(`QuestionnaireResponse/${id}`)),
    async search() {
      const found = await client.request(`QuestionnaireResponse?patient=${client.patient.id}&_count=1`, { pageLimit: 0, flat: true });
      return found.map((one) => one.id);
    },
    // What the browser's own token opens at the journal's base, whatever base it was made for.
    atTheJournal: async ([journal, path]) => {
      const other = FHIR.client({ serverUrl: journal, tokenResponse: client.state.tokenResponse });
      return other.request(path).then((found) => found.resourceType, status);
    },
  };
  says("Signed in");
}

const begun = here.searchParams.has("code") || here.searchParams.has("error");
(begun ? goOn() : signIn()).catch((error) => says(`Refused: ${error.message ?? error}`));
