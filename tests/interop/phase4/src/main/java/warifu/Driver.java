package warifu;

import com.helger.base.debug.GlobalDebug;
import com.helger.http.EHttpMethod;
import com.helger.peppolid.IParticipantIdentifier;
import com.helger.phase4.crypto.AS4CryptoFactoryInMemoryKeyStore;
import com.helger.phase4.dump.AS4DumpManager;
import com.helger.phase4.dump.AS4OutgoingDumperFileBased;
import com.helger.phase4.dump.AS4IncomingDumperFileBased;
import com.helger.phase4.peppol.Phase4PeppolSender;
import com.helger.phase4.sender.EAS4UserMessageSendResult;
import com.helger.phase4.incoming.AS4IncomingProfileSelectorConstant;
import com.helger.phase4.incoming.AS4RequestHandler;
import com.helger.phase4.model.pmode.resolve.AS4DefaultPModeResolver;
import com.helger.phase4.servlet.AS4UnifiedResponse;
import com.helger.phase4.servlet.AS4XServletHandler;
import com.helger.phase4.servlet.IAS4ServletRequestHandlerCustomizer;
import com.helger.web.scope.IRequestWebScopeWithoutResponse;
import com.helger.servlet.mock.MockServletContext;
import com.helger.web.scope.mgr.WebScopeManager;
import com.helger.xml.serialize.read.DOMReader;
import com.helger.xservlet.AbstractXServlet;
import java.io.File;
import java.io.FileInputStream;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * phase4 as a peer on loopback.
 *
 * <p>{@code receive} — listens, prints {@code ready PORT}, ends with its standard input.
 * {@code send URL CERTIFICATE SENDER RECEIVER DOCTYPE PROCESS FILE COUNT} — sends, prints a result a line.
 * Keys come by the system properties of WSS4J's Merlin; warifu.out names a folder for what it keeps.
 */
public final class Driver {
  public static final class As4 extends AbstractXServlet {
    public As4() {
      final AS4XServletHandler handler = new AS4XServletHandler();
      handler.setRequestHandlerCustomizer(
          new IAS4ServletRequestHandlerCustomizer() {
            @Override
            public void customizeBeforeHandling(
                IRequestWebScopeWithoutResponse scope,
                AS4UnifiedResponse response,
                AS4RequestHandler request) {
              request.setPModeResolver(new AS4DefaultPModeResolver("peppol"));
              request.setIncomingProfileSelector(
                  new AS4IncomingProfileSelectorConstant("peppol", true));
            }

            @Override
            public void customizeAfterHandling(
                IRequestWebScopeWithoutResponse scope,
                AS4UnifiedResponse response,
                AS4RequestHandler request) {}
          });
      handlerRegistry().registerHandler(EHttpMethod.POST, handler);
    }
  }

  public static void main(String[] args) throws Exception {
    GlobalDebug.setDebugModeDirect(false);
    if (args[0].equals("receive")) {
      receive();
    } else {
      send(args);
    }
  }

  private static void receive() throws Exception {
    final Server server = new Server();
    final ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    final ServletContextHandler context = new ServletContextHandler(ServletContextHandler.SESSIONS);
    context.setContextPath("/");
    context.addEventListener(new com.helger.web.servlets.scope.WebScopeListener());
    context.addServlet(new ServletHolder(As4.class), "/as4");
    server.setHandler(context);
    server.start();
    System.out.println("ready " + connector.getLocalPort());
    System.out.flush();
    while (System.in.read() >= 0) {}
    server.stop();
    System.exit(0);
  }

  private static KeyStore store(String type, String file, String password) throws Exception {
    final KeyStore store = KeyStore.getInstance(type);
    try (FileInputStream in = new FileInputStream(file)) {
      store.load(in, password.toCharArray());
    }
    return store;
  }

  private static void send(String[] args) throws Exception {
    GlobalDebug.setDebugModeDirect(true); // http instead of https
    WebScopeManager.onGlobalBegin(MockServletContext.create());
    final String keys = System.getProperty("warifu.keys");
    final String password = "warifu";
    final AS4CryptoFactoryInMemoryKeyStore crypto =
        new AS4CryptoFactoryInMemoryKeyStore(
            store("PKCS12", keys + "/sender.p12", password),
            "ap",
            password.toCharArray(),
            store("PKCS12", keys + "/trust.p12", password));
    final X509Certificate receiver;
    try (FileInputStream in = new FileInputStream(args[2])) {
      receiver =
          (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
    if (Boolean.getBoolean("warifu.dump")) {
      AS4DumpManager.setOutgoingDumper(new AS4OutgoingDumperFileBased());
      AS4DumpManager.setIncomingDumper(new AS4IncomingDumperFileBased());
    }
    final IParticipantIdentifier from =
        Phase4PeppolSender.IF.createParticipantIdentifierWithDefaultScheme(args[3]);
    final IParticipantIdentifier to =
        Phase4PeppolSender.IF.createParticipantIdentifierWithDefaultScheme(args[4]);
    final int count = Integer.parseInt(args[8]);
    final org.w3c.dom.Element document =
        DOMReader.readXMLDOM(new File(args[7])).getDocumentElement();
    for (int i = 0; i < count; i++) {
      final EAS4UserMessageSendResult result =
          Phase4PeppolSender.builder()
              .cryptoFactory(crypto)
              .checkReceiverAPCertificate(false)
              .documentTypeID(
                  Phase4PeppolSender.IF.createDocumentTypeIdentifier(
                      "peppol-doctype-wildcard", args[5]))
              .processID(
                  Phase4PeppolSender.IF.createProcessIdentifierWithDefaultScheme(args[6]))
              .senderParticipantID(from)
              .receiverParticipantID(to)
              .senderPartyID(System.getProperty("warifu.seat"))
              .countryC1("JP")
              .payload(document)
              .receiverEndpointDetails(receiver, args[1])
              .sendMessageAndCheckForReceipt(e -> e.printStackTrace());
      System.out.println("sent " + result);
    }
    System.out.flush();
    System.exit(0);
  }
}
