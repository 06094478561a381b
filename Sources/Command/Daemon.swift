import Reactor

/// What every daemon does with signals.
public enum Daemon {
    /// Signals that end a daemon.
    private static let ending = [SignalWatcher.terminate, SignalWatcher.interrupt]
    private static let all = ending + [SignalWatcher.hangup, SignalWatcher.user1]

    /// To be called before any thread starts, since threads inherit the settings.
    public static func prepare() {
        Signals.ignoreBrokenPipe()
        Signals.block(all)
        System.raiseDescriptorLimit()
    }

    /// Returns when the process is asked to end.
    public static func runUntilAsked(
        onHangup: @escaping () -> Void = {}, onUser1: @escaping () -> Void = {}
    ) throws(CommandFault) {
        do throws(SystemFault) {
            let loop = try EventLoop()
            let watcher = try SignalWatcher(loop, signals: all) { signal in
                switch signal {
                case SignalWatcher.hangup: onHangup()
                case SignalWatcher.user1: onUser1()
                default: loop.stop()
                }
            }
            withExtendedLifetime(watcher) { loop.run() }
        } catch {
            throw CommandFault("\(error)")
        }
    }
}
