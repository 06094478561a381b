import Command
import Settings
import Storage

extension GatewaySettings {
    static func read(_ path: String) throws(CommandFault) -> GatewaySettings {
        try SettingsFile.read(path) { GatewaySettings.read(text: $0, file: $1, folder: $2) }
    }

    /// Customers and sessions.
    func database() throws(CommandFault) -> Database {
        do throws(DatabaseFault) {
            return try Database.open(store, schemas: [.identity, .trust])
        } catch {
            throw CommandFault("store \(store): \(error)")
        }
    }
}
