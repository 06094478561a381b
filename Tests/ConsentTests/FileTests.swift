import Authorization
import Consent
import Crypto
import Glibc
import Reactor
import Testing
import Text

/// Files that operators hand in or keep: customers' accounts, and the key of 照会用暗証番号.
@Suite struct FileTests {
    let bench: Bench

    init() throws { bench = try Bench() }

    // MARK: Customers

    private func complaint(_ text: String) throws -> String? {
        let list = try JSONReader.read(Array(text.utf8), dialect: .json)
        do throws(CustomerFileFault) {
            _ = try CustomerFile(list, pinKey: SealingKey())
            return nil
        } catch {
            return error.description
        }
    }

    private static let account = "\"branch\": \"001\", \"branchName\": \"本店\", \"kind\": \"ordinary\""

    private func account(_ rest: String) throws -> String? {
        try complaint("[{ \"id\": \"C1\", \"accounts\": [{ \(Self.account), \(rest) }] }]")
    }

    @Test(arguments: [
        ("{}", "expected a list"), ("[{}]", "id: expected a text of 1 to 64"),
        ("[{ \"id\": \"\" }]", "id: expected"), ("[{ \"id\": 1 }]", "id: expected"),
        ("[{ \"id\": \"\(String(repeating: "a", count: 65))\" }]", "id: expected"),
        ("[{ \"id\": \"A\" }, { \"id\": \"A\" }]", "A comes twice"),
        ("[{ \"id\": \"A\", \"permitted\": [\"all\"] }]", "expected balance, movements or transfers"),
        ("[{ \"id\": \"A\", \"permitted\": \"balance\" }]", "permitted: expected a list"),
        ("[{ \"id\": \"A\", \"networks\": [1] }]", "networks: expected addresses"),
        ("[{ \"id\": \"A\", \"questions\": [{ \"question\": \"Q\" }] }]", "answer: expected"),
        ("[{ \"id\": \"A\", \"accounts\": {} }]", "accounts: expected a list of at most 200"),
    ])
    func `a file of customers is refused for what is wrong with it`(_ text: String, _ part: String) throws {
        let complaint = try #require(try complaint(text))
        #expect(complaint.contains(part), "\(complaint)")
    }

    @Test func `an account must have branch, kind and number of the right form`() throws {
        #expect(try account("\"number\": \"1234567\"") == nil)
        for number in ["123456", "12345678", "123456x", "１２３４５６７"] {
            #expect(try account("\"number\": \"\(number)\"") != nil, "\(number)")
        }
        let loan = "\"branch\": \"001\", \"branchName\": \"本店\", \"kind\": \"loan\", \"number\": \"1234567\""
        #expect(try complaint("[{ \"id\": \"C1\", \"accounts\": [{ \(loan) }] }]")?.contains("kind:") == true)
        let memo = String(repeating: "あ", count: 20)
        #expect(try account("\"number\": \"1234567\", \"memo\": \"\(memo)\"") == nil)
        #expect(try account("\"number\": \"1234567\", \"memo\": \"\(memo)い\"") != nil)
        let twice = "{ \(Self.account), \"number\": \"1234567\" }"
        let complaint = try complaint("[{ \"id\": \"C1\", \"accounts\": [\(twice), \(twice)] }]")
        #expect(complaint?.contains("001-1-1234567 comes twice") == true)
    }

    @Test func `no complaint repeats a PIN or an answer`() throws {
        let pin = try #require(try account("\"number\": \"1234567\", \"pin\": \"90a2\""))
        #expect(pin.contains("pin: expected digits") && !pin.contains("90a2"))
        let answer = String(repeating: "秘", count: 41)
        let text = "[{ \"id\": \"A\", \"questions\": [{ \"question\": \"Q\", \"answer\": \"\(answer)\" }] }]"
        let complaint = try #require(try complaint(text))
        #expect(complaint.contains("answer: expected") && !complaint.contains("秘"))
    }

    // MARK: The key

    private func load(_ store: any CustomerRepository) throws(PINKeyFault) -> SealingKey {
        try PINKeyFile.load("\(bench.folder)/jwks.json", for: store)
    }

    private func refusal() -> String? {
        do throws(PINKeyFault) {
            _ = try load(bench.store)
            return nil
        } catch {
            return error.description
        }
    }

    /// The bench's file of keys is not needed here.
    private func write(_ text: String) { bench.write(Array(text.utf8), to: "jwks.json") }

    @Test func `the key that the stored PINs are sealed with is taken, with or without a line's end`() throws
    {
        for end in ["", "\n"] {
            write(Base64.encode(bench.pinKey.bytes) + end)
            #expect(try load(bench.store).bytes == bench.pinKey.bytes)
        }
    }

    @Test func `another key is refused while there are PINs it cannot open`() throws {
        write(Base64.encode(SealingKey().bytes))
        #expect(try #require(refusal()).contains("is not the key"))
    }

    @Test(arguments: ["", "AAAA", "!", String(repeating: "A", count: 1025)])
    func `a file that holds no key is refused, and its text not repeated`(text: String) throws {
        write(text)
        let refusal = try #require(self.refusal())
        #expect(text.count < 4 || !refusal.contains(text))
    }

    @Test func `a missing file is not made anew while there are PINs`() throws {
        unsafe unlink("\(bench.folder)/jwks.json")
        #expect(try #require(refusal()).contains("is not there"))
        #expect(!Files.exists("\(bench.folder)/jwks.json"))
    }

    @Test func `without PINs a missing file is made, for its owner alone, and then stays`() throws {
        let path = "\(bench.folder)/jwks.json"
        unsafe unlink(path)
        let none = try Bench.emptyStore(in: bench.folder)
        let made = try load(none)
        var status = stat()
        #expect(unsafe stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(try load(none).bytes == made.bytes)
    }
}
