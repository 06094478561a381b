import Glibc

/// The file behind a SQLite database: its existence and who may read it.
enum SQLiteFile {
    /// Creates the file for its owner alone when it is absent; SQLite gives the files it puts beside it the
    /// same mode.
    /// An existing file that every user of the machine may read or write is refused: it holds password
    /// hashes.
    static func prepare(_ path: String) throws(DatabaseFault) {
        if try create(path) { return }
        // Looked at by name: closing a descriptor of it would drop the locks of every connection of this
        // process.
        var status = stat()
        let result = unsafe stat(path, &status)
        let statusError = errno
        guard result == 0 else { throw fault(path, statusError) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw DatabaseFault(.unavailable, "\(path) is not a regular file")
        }
        guard status.st_mode & 0o007 == 0 else {
            throw DatabaseFault(.exposed, "\(path) may be used by every user of this machine; chmod o-rwx it")
        }
    }

    /// False when the file is there already.
    private static func create(_ path: String) throws(DatabaseFault) -> Bool {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        let openError = errno
        if descriptor >= 0 {
            close(descriptor)
            return true
        }
        guard openError == EEXIST else { throw fault(path, openError) }
        return false
    }

    private static func fault(_ path: String, _ code: Int32) -> DatabaseFault {
        let message = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error"
        return DatabaseFault(.unavailable, code: "\(code)", "\(path): \(message)")
    }
}
