import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.SingleValidationMessage;
import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.common.hapi.validation.validator.WorkerContextValidationSupportAdapter;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Questionnaire;
import org.hl7.fhir.utilities.http.ManagedWebAccess;
import org.hl7.fhir.utilities.http.ManagedWebAccess.WebAccessPolicy;

/**
 * Validates FHIR R4 resources: each line that comes in is one in JSON, each line that goes out the list of its issues,
 * {"severity", "id", "location", "message"}. The first argument is the folder with our own definitions; the others are
 * where the addresses of extensions begin that are nobody's here to define. Any other extension must be known.
 */
@SuppressWarnings("deprecation") // UnknownCodeSystemWarningValidationSupport: its successor works in a server alone
final class Validate {
  private static final FhirContext FHIR = FhirContext.forR4();

  public static void main(String[] arguments) throws IOException {
    // The libraries may write to standard output, which here is the answer's.
    PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.setOut(System.err);
    ManagedWebAccess.setAccessPolicy(WebAccessPolicy.PROHIBITED);
    String[] foreign = Arrays.copyOfRange(arguments, 1, arguments.length);
    FhirValidator validator = validator(Path.of(arguments[0]), foreign);
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      answers.println(new Gson().toJson(issues(validator, line)));
    }
  }

  private static JsonArray issues(FhirValidator validator, String resource) {
    JsonArray issues = new JsonArray();
    try {
      for (SingleValidationMessage said : validator.validateWithResult(resource).getMessages()) {
        issues.add(issue(said.getSeverity().getCode(), said.getMessageId(), said.getLocationString(), said.getMessage()));
      }
    } catch (RuntimeException error) {
      // What is no resource at all is refused by an exception; the others still want their answer.
      issues.add(issue("fatal", error.getClass().getSimpleName(), "", error.getMessage()));
    }
    return issues;
  }

  private static JsonObject issue(String severity, String id, String location, String message) {
    JsonObject issue = new JsonObject();
    issue.addProperty("severity", severity);
    issue.addProperty("id", id);
    issue.addProperty("location", location);
    issue.addProperty("message", message);
    return issue;
  }

  private static FhirValidator validator(Path definitions, String[] foreign) throws IOException {
    // The order is the order of asking: what nobody knows comes to the last, which warns.
    UnknownCodeSystemWarningValidationSupport unknown = new UnknownCodeSystemWarningValidationSupport(FHIR);
    unknown.setNonExistentCodeSystemSeverity(IValidationSupport.IssueSeverity.WARNING);
    PrePopulatedValidationSupport ours = new PrePopulatedValidationSupport(FHIR);
    Questionnaires questionnaires = new Questionnaires();
    for (IBaseResource resource : read(definitions)) {
      if (resource instanceof Questionnaire questionnaire) {
        questionnaires.add(questionnaire);
      } else {
        ours.addResource(resource);
      }
    }
    IValidationSupport support =
        new ValidationSupportChain(
            new DefaultProfileValidationSupport(FHIR),
            ours,
            questionnaires,
            new CommonCodeSystemsTerminologyService(FHIR),
            new InMemoryTerminologyServerValidationSupport(FHIR),
            new SnapshotGeneratingValidationSupport(FHIR),
            unknown);
    FhirInstanceValidator rules = new FhirInstanceValidator(support);
    rules.setWrappedWorkerContext(support, new Release(support));
    rules.setErrorForUnknownProfiles(false);
    rules.setAnyExtensionsAllowed(false);
    rules.setCustomExtensionDomains(foreign);
    return FHIR.newValidator().registerValidatorModule(rules);
  }

  private static List<IBaseResource> read(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".json")).sorted().map(Validate::parsed).toList();
    }
  }

  private static IBaseResource parsed(Path file) {
    try {
      return FHIR.newJsonParser().parseResource(Files.readString(file));
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  /**
   * Named "4.0" and not "4.0.1": an extension's context is looked up in the release "4.0", and under another name the
   * validator would fetch that release as a package.
   */
  private static final class Release extends WorkerContextValidationSupportAdapter {
    Release(IValidationSupport support) {
      super(support);
    }

    @Override
    public String getVersion() {
      return "4.0";
    }
  }

  /** Questionnaires by their canonical, with and without version: what responses are checked against. */
  private static final class Questionnaires implements IValidationSupport {
    private final Map<String, Questionnaire> known = new HashMap<>();

    void add(Questionnaire questionnaire) {
      known.put(questionnaire.getUrl(), questionnaire);
      known.put(questionnaire.getUrl() + "|" + questionnaire.getVersion(), questionnaire);
    }

    @Override
    public FhirContext getFhirContext() {
      return FHIR;
    }

    @Override
    public <T extends IBaseResource> T fetchResource(Class<T> type, String canonical) {
      Questionnaire found = known.get(canonical);
      return type != null && type.isInstance(found) ? type.cast(found) : null;
    }
  }
}
