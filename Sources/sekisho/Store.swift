import Command
import Settings
import Storage

extension GatewaySettings {
    static func read(_ path: String) throws(CommandFault) -> GatewaySettings {
        try SettingsFile.read(path) { GatewaySettings.read(text: $0, file: $1, folder: $2) }
    }

    /// Customers and sessions.
    /// - Parameter server: How it is used, where it is a server.
    func database(server: PostgresOptions = PostgresOptions()) throws(CommandFault) -> Database {
        do throws(DatabaseFault) {
            return try Database.open(store, schemas: [.identity, .trust], server: server)
        } catch {
            throw CommandFault("store \(store): \(error)")
        }
    }
}
