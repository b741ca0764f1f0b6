import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/**
 * Asks veraPDF about PDFs: each line that comes in is the path of one, each line that goes out says for every standard
 * asked about, {"2a": [...], "ua1": [...]}, what it breaks: clause, test and message. The arguments name the standards.
 */
final class Verify {
  private static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] arguments) throws IOException {
    // The libraries may write to standard output, which here is the answer's.
    PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.setOut(System.err);
    VeraGreenfieldFoundryProvider.initialise();
    List<PDFAFlavour> flavours = Arrays.stream(arguments).map(PDFAFlavour::fromString).toList();
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      byte[] file = Files.readAllBytes(Path.of(line));
      Map<String, Set<String>> broken = new LinkedHashMap<>();
      for (PDFAFlavour flavour : flavours) {
        broken.put(flavour.getId(), broken(file, flavour));
      }
      answers.println(JSON.writeValueAsString(broken));
    }
  }

  private static Set<String> broken(byte[] file, PDFAFlavour flavour) {
    Set<String> found = new LinkedHashSet<>();
    try (PDFAParser parser = Foundries.defaultInstance().createParser(new ByteArrayInputStream(file), flavour);
        PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
      ValidationResult result = validator.validate(parser);
      for (TestAssertion assertion : result.getTestAssertions()) {
        if (assertion.getStatus() == TestAssertion.Status.FAILED) {
          found.add(said(assertion));
        }
      }
      if (!result.isCompliant() && found.isEmpty()) {
        found.add("not compliant, no reason given");
      }
    } catch (Exception error) { // what cannot be parsed is no such PDF either
      found.add("not read: " + error);
    }
    return found;
  }

  private static String said(TestAssertion assertion) {
    var rule = assertion.getRuleId();
    return rule.getClause() + " " + rule.getTestNumber() + " " + assertion.getMessage();
  }
}
