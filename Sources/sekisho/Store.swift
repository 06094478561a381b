import Command
import Settings
import Storage

extension GatewaySettings {
    static func read(_ path: String) throws(CommandFault) -> GatewaySettings {
        try SettingsFile.read(path) { GatewaySettings.read(text: $0, file: $1, folder: $2) }
    }

    /// Customers and sessions.
    func database() throws(CommandFault) -> SQLiteDatabase {
        switch store {
        case .sqlite(let path):
            do throws(DatabaseFault) {
                return try SQLiteDatabase(path: path, schemas: [.identity])
            } catch {
                throw CommandFault("store \(path): \(error)")
            }
        }
    }
}
