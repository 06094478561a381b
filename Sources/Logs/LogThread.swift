import Glibc

/// Starts the thread that writes. It ends by itself when its queue is closed and empty.
func startLogThread(_ writer: sending LogWriter) throws(LogFault) {
    let box = unsafe Unmanaged.passRetained(WriterBox(writer))
    var thread = pthread_t()
    let code = unsafe pthread_create(&thread, nil, runLogWriter, box.toOpaque())
    guard code == 0 else {
        unsafe box.release()
        throw LogFault(operation: "start the log's thread", code: code)
    }
    pthread_detach(thread)
}

private final class WriterBox {
    var writer: LogWriter

    init(_ writer: LogWriter) {
        self.writer = writer
    }
}

/// The body of the log's thread: takes over the box that `startLogThread` retained.
private func runLogWriter(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument = unsafe argument else { return nil }
    // Signals are for other threads; a reader that is gone shows in the write's result.
    var all = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_BLOCK, &all, nil)
    unsafe Unmanaged<WriterBox>.fromOpaque(argument).takeRetainedValue().writer.run()
    return nil
}
