import ca.uhn.fhir.batch2.jobs.config.Batch2JobsConfig;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.api.config.ThreadPoolFactoryConfig;
import ca.uhn.fhir.jpa.api.dao.IFhirSystemDao;
import ca.uhn.fhir.jpa.batch2.JpaBatch2Config;
import ca.uhn.fhir.jpa.binary.api.IBinaryStorageSvc;
import ca.uhn.fhir.jpa.binstore.MemoryBinaryStorageSvcImpl;
import ca.uhn.fhir.jpa.config.HapiJpaConfig;
import ca.uhn.fhir.jpa.config.r4.JpaR4Config;
import ca.uhn.fhir.jpa.config.util.HapiEntityManagerFactoryUtil;
import ca.uhn.fhir.jpa.model.config.PartitionSettings;
import ca.uhn.fhir.jpa.model.config.SubscriptionSettings;
import ca.uhn.fhir.jpa.model.dialect.HapiFhirH2Dialect;
import ca.uhn.fhir.jpa.provider.JpaCapabilityStatementProvider;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.jpa.subscription.channel.config.SubscriptionChannelConfig;
import ca.uhn.fhir.jpa.subscription.submit.config.SubscriptionSubmitterConfig;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import jakarta.persistence.EntityManagerFactory;
import java.io.PrintStream;
import java.util.Map;
import javax.sql.DataSource;
import org.apache.commons.dbcp2.BasicDataSource;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;

/**
 * HAPI's own FHIR R4 server on an H2 database in memory, with the settings it has by itself. It listens at 127.0.0.1
 * on a port that it chooses and says on standard output, and ends when standard input does, so that it outlives nobody
 * who started it.
 */
final class Hapi {
  public static void main(String[] arguments) throws Exception {
    // The libraries may write to standard output, which here is the answer's.
    PrintStream answers = System.out;
    System.setOut(System.err);
    Server server = server(fhir(started()));
    server.start();
    answers.println(((ServerConnector) server.getConnectors()[0]).getLocalPort());
    while (System.in.read() >= 0) {
      // nothing is asked here
    }
    // Its threads would go on; what is in memory needs no farewell.
    Runtime.getRuntime().halt(0);
  }

  private static AnnotationConfigApplicationContext started() {
    AnnotationConfigApplicationContext parts = new AnnotationConfigApplicationContext();
    parts.register(
        JpaR4Config.class,
        HapiJpaConfig.class,
        JpaBatch2Config.class,
        Batch2JobsConfig.class,
        SubscriptionChannelConfig.class,
        SubscriptionSubmitterConfig.class,
        ThreadPoolFactoryConfig.class);
    parts.registerBean(JpaStorageSettings.class, JpaStorageSettings::new);
    parts.registerBean(PartitionSettings.class, PartitionSettings::new);
    parts.registerBean(SubscriptionSettings.class, SubscriptionSettings::new);
    parts.registerBean(IBinaryStorageSvc.class, MemoryBinaryStorageSvcImpl::new);
    parts.registerBean(DataSource.class, Hapi::database);
    parts.registerBean("entityManagerFactory", LocalContainerEntityManagerFactoryBean.class, () -> tables(parts));
    parts.registerBean(
        "transactionManager",
        JpaTransactionManager.class,
        () -> new JpaTransactionManager(parts.getBean(EntityManagerFactory.class)));
    parts.refresh();
    return parts;
  }

  private static DataSource database() {
    BasicDataSource database = new BasicDataSource();
    database.setDriver(new org.h2.Driver());
    database.setUrl("jdbc:h2:mem:records;DB_CLOSE_DELAY=-1");
    database.setMaxTotal(20);
    return database;
  }

  private static LocalContainerEntityManagerFactoryBean tables(AnnotationConfigApplicationContext parts) {
    LocalContainerEntityManagerFactoryBean tables =
        HapiEntityManagerFactoryUtil.newEntityManagerFactory(
            parts.getBeanFactory(), parts.getBean(FhirContext.class), parts.getBean(JpaStorageSettings.class));
    tables.setPersistenceUnitName("records");
    tables.setDataSource(parts.getBean(DataSource.class));
    tables.setJpaPropertyMap(
        Map.of(
            "hibernate.dialect", HapiFhirH2Dialect.class.getName(),
            "hibernate.hbm2ddl.auto", "create-only",
            "hibernate.search.enabled", "false"));
    return tables;
  }

  private static RestfulServer fhir(AnnotationConfigApplicationContext parts) {
    RestfulServer fhir = new RestfulServer(parts.getBean(FhirContext.class));
    fhir.registerProviders(parts.getBean(ResourceProviderFactory.class).createProviders());
    fhir.registerProvider(parts.getBean("mySystemProviderR4"));
    fhir.setPagingProvider(parts.getBean(DatabaseBackedPagingProvider.class));
    fhir.setServerConformanceProvider(
        new JpaCapabilityStatementProvider(
            fhir,
            parts.getBean(IFhirSystemDao.class),
            parts.getBean(JpaStorageSettings.class),
            parts.getBean(ISearchParamRegistry.class),
            parts.getBean(IValidationSupport.class)));
    return fhir;
  }

  private static Server server(RestfulServer fhir) {
    Server server = new Server();
    ServerConnector door = new ServerConnector(server);
    door.setHost("127.0.0.1");
    door.setPort(0);
    server.addConnector(door);
    ServletContextHandler paths = new ServletContextHandler();
    paths.addServlet(new ServletHolder(fhir), "/fhir/*");
    server.setHandler(paths);
    return server;
  }
}
