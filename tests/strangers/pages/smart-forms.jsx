// npm @aehrc/smart-forms-renderer: React components draw the form, and its store holds the response.

import { BaseRenderer, RendererThemeProvider, buildForm, getResponse, removeEmptyAnswersFromResponse, useRendererQueryClient } from "@aehrc/smart-forms-renderer";
import { QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";
import { renderer } from "./renderer.mjs";

let asked;

function Form() {
  return (
    <RendererThemeProvider>
      <QueryClientProvider client={useRendererQueryClient()}>
        <BaseRenderer />
      </QueryClientProvider>
    </RendererThemeProvider>
  );
}

renderer({
  async draw(questionnaire) {
    asked = questionnaire;
    // No terminology is looked up: a server that is not ours is never asked.
    await buildForm({ questionnaire, terminologyServerUrl: `${location.origin}/strangers/none` });
    createRoot(document.getElementById("form")).render(<Form />);
  },
  exported: () => removeEmptyAnswersFromResponse(asked, getResponse()),
});
