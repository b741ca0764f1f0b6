// npm fhir-kit-client: discovery, create, read, search over pages; and what must be refused.

import { readFileSync } from "node:fs";
import { Client } from "fhir-kit-client";
import { response, same, verdicts, words } from "../answering.mjs";

const task = JSON.parse(readFileSync(0, "utf-8"));
const client = new Client({ baseUrl: task.base, bearerToken: task.token });
const QR = "QuestionnaireResponse";
const sets = {};
const made = {};

async function refused(status, call) {
  let answer;
  try {
    answer = await call();
  } catch (error) {
    same(error.response?.status, status, "status");
    same(error.response?.data?.resourceType, "OperationOutcome", "body");
    return;
  }
  throw new Error(`it was answered: ${JSON.stringify(answer).slice(0, 200)}`);
}

const create = (ordinal, patient = task.patient) =>
  client.create({ resourceType: QR, body: response(sets[ordinal], patient, task.encounters[ordinal - 1]) });

await verdicts(
  {
    "offer": async () => {
      const offer = await client.capabilityStatement();
      same([offer.fhirVersion, offer.kind], ["4.0.1", "instance"], "metadata");
      // Its own smartAuthMetadata() takes whichever of three documents comes first, an empty one too, so it is not asked.
      const smart = await client.request(".well-known/smart-configuration");
      same(
        [smart.authorization_endpoint, smart.token_endpoint],
        [`${task.sandbox}/auth/authorize`, `${task.sandbox}/auth/token`],
        "discovery",
      );
    },
    "read-questionnaires": async () => {
      for (const ordinal of [1, 2, 3, 4]) {
        sets[ordinal] = await client.read({ resourceType: "Questionnaire", id: `after-infusion-${ordinal}` });
      }
      const found = await client.search({ resourceType: "Questionnaire", searchParams: { url: sets[1].url } });
      same(found.entry.map((entry) => entry.resource.id), ["after-infusion-1"], "found by url");
    },
    "create": async () => {
      for (const ordinal of [1, 2, 3]) made[ordinal] = await create(ordinal);
      same(words(made[1]), words(response(sets[1], "", "")), "words");
    },
    "read": async () => {
      same(await client.read({ resourceType: QR, id: made[1].id }), made[1], "what was created");
      same(await client.vread({ resourceType: QR, id: made[1].id, version: "1" }), made[1], "its version");
    },
    "search": async () => {
      let page = await client.search({ resourceType: QR, searchParams: { patient: task.patient, _count: 1 } });
      const found = [];
      while (page) {
        found.push(...page.entry.map((entry) => entry.resource.id));
        page = page.link.some((link) => link.relation === "next") ? await client.nextPage({ bundle: page }) : null;
      }
      same(found.sort(), Object.values(made).map((one) => one.id).sort(), "found over pages");
    },
    "refused-token-of-another-base": async () => {
      const other = new Client({ baseUrl: task.base, bearerToken: task.foreignToken });
      await refused(401, () => other.search({ resourceType: QR, searchParams: { patient: task.patient } }));
    },
    "refused-reading-another-patient": () => refused(404, () => client.read({ resourceType: QR, id: task.othersResponse })),
    "refused-writing-for-another-patient": () => refused(422, () => create(4, task.other)),
  },
  (verdict) => console.log(JSON.stringify(verdict)),
);
