package warifu;

import com.helger.collection.commons.ICommonsList;
import com.helger.http.header.HttpHeaderMap;
import com.helger.phase4.attachment.WSS4JAttachment;
import com.helger.phase4.ebms3header.Ebms3SignalMessage;
import com.helger.phase4.ebms3header.Ebms3UserMessage;
import com.helger.phase4.error.AS4ErrorList;
import com.helger.phase4.incoming.IAS4IncomingMessageMetadata;
import com.helger.phase4.incoming.IAS4IncomingMessageState;
import com.helger.phase4.incoming.spi.AS4MessageProcessorResult;
import com.helger.phase4.incoming.spi.AS4SignalMessageProcessorResult;
import com.helger.phase4.incoming.spi.IAS4IncomingMessageProcessorSPI;
import com.helger.phase4.model.pmode.IPMode;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.w3c.dom.Node;

/** Keeps what phase4 received, one synced file a message, before the receipt is made. */
public final class Keeper implements IAS4IncomingMessageProcessorSPI {
  private static final AtomicInteger COUNT = new AtomicInteger();

  @Override
  public AS4MessageProcessorResult processAS4UserMessage(
      IAS4IncomingMessageMetadata metadata,
      HttpHeaderMap headers,
      Ebms3UserMessage message,
      IPMode mode,
      Node payload,
      ICommonsList<WSS4JAttachment> attachments,
      IAS4IncomingMessageState state,
      AS4ErrorList errors) {
    final int number = COUNT.incrementAndGet();
    try (InputStream in = attachments.get(0).getSourceStream()) {
      final Path file = Path.of(System.getProperty("warifu.out"), "received-" + number + ".xml");
      try (FileOutputStream out = new FileOutputStream(file.toFile())) {
        in.transferTo(out);
        out.getFD().sync();
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    return AS4MessageProcessorResult.createSuccess();
  }

  @Override
  public AS4SignalMessageProcessorResult processAS4SignalMessage(
      IAS4IncomingMessageMetadata metadata,
      HttpHeaderMap headers,
      Ebms3SignalMessage message,
      IPMode mode,
      IAS4IncomingMessageState state,
      AS4ErrorList errors) {
    return AS4SignalMessageProcessorResult.createSuccess();
  }

  @Override
  public void processAS4ResponseMessage(
      IAS4IncomingMessageMetadata metadata,
      IAS4IncomingMessageState state,
      String id,
      byte[] response,
      boolean available,
      AS4ErrorList errors) {}
}
