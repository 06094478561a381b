import Serving
import Settings

extension SourceLimits {
    /// Each loop has its share: the kernel spreads the connections of a network over them.
    init(_ settings: GatewaySettings.PerSource, loopCount: Int) {
        self.init()
        if settings.connectionsMax > 0 { connectionsMax = max(1, settings.connectionsMax / loopCount) }
        func rate(_ perSecond: Int, _ burst: Int) -> RateLimit? {
            perSecond == 0 ? nil : RateLimit(perSecond: perSecond, burst: burst, share: loopCount)
        }
        fullHandshakes = rate(settings.fullHandshakesPerSecond, settings.fullHandshakesBurst)
        resumedHandshakes = rate(settings.resumedHandshakesPerSecond, settings.resumedHandshakesBurst)
        failedHandshakes = rate(settings.failedHandshakesPerSecond, settings.failedHandshakesBurst)
    }
}
