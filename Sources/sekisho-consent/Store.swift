import Command
import Consent
import Crypto
import Settings
import Storage

extension ConsentSettings {
    /// - Parameters:
    ///   - server: How the store is used, where it is a server.
    ///   - observer: Told of every reading and writing, its microseconds, and whether it failed.
    func consentStore(
        server: PostgresOptions = PostgresOptions(),
        observer: (@Sendable (_ operation: String, _ microseconds: Int, _ failed: Bool) -> Void)? = nil
    ) throws(CommandFault) -> ConsentStore {
        do throws(DatabaseFault) {
            var database = try Database.open(store, schemas: Schema.ofConsentBackend, server: server)
            if let observer { database.observer = { observer($0.rawValue, $1, $2) } }
            return ConsentStore(database)
        } catch {
            throw CommandFault("store \(store): \(error)")
        }
    }

    /// Nil when the configuration does not name the gateway's store.
    func gatewayRecords() throws(CommandFault) -> GatewayRecords? {
        guard let store = grant.gatewayStore else { return nil }
        do throws(DatabaseFault) {
            return GatewayRecords(try Database.open(store, schemas: [.identity, .trust]))
        } catch {
            throw CommandFault("grant.gatewayStore \(store): \(error)")
        }
    }

    func pinKey(for store: ConsentStore) throws(CommandFault) -> SealingKey {
        do throws(PINKeyFault) {
            return try PINKeyFile.load(pins.keyFile, for: store)
        } catch {
            throw CommandFault("pins.keyFile: \(error)")
        }
    }
}
