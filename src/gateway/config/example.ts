/** A configuration to begin with: it parses as it stands, and says in comments what can be changed. */
export function exampleConfig(): string {
  return EXAMPLE
}

const EXAMPLE = `# Configuration of Millrace. Save it as millrace.yaml where the gateway is started, or name it with --config.
# \${NAME} is a variable of the environment and must be set; \${NAME:-} leaves its member out when it is not.

server:
  host: 127.0.0.1               # another than a loopback address needs keys
  port: 8642
  keys: ["\${MILLRACE_KEY:-}"]   # what clients must send; none: everybody on this machine is let in
  hosts: []                     # more names for the Host header, as in gateway.example

# The APIs to ask. A base URL holds the version; the dialect adds its path.
# Dialects: chat and responses (OpenAI), messages (Anthropic), gemini (Google).
upstreams:
  anthropic: { baseUrl: "https://api.anthropic.com/v1", dialects: [messages], apiKey: "\${ANTHROPIC_API_KEY:-}" }
  openai: { baseUrl: "https://api.openai.com/v1", dialects: [responses, chat], apiKey: "\${OPENAI_API_KEY:-}" }
  google: { baseUrl: "https://generativelanguage.googleapis.com/v1beta", dialects: [gemini], apiKey: "\${GEMINI_API_KEY:-}" }
  deepseek:
    dialects: { chat: "https://api.deepseek.com/v1", messages: "https://api.deepseek.com/anthropic/v1" }
    apiKey: "\${DEEPSEEK_API_KEY:-}"
  local: { baseUrl: "http://127.0.0.1:11434/v1", dialects: [chat], usage: never }

# Which upstream serves which model: the first match wins. * matches anything, also /
models:
  - { match: "claude-*", upstream: anthropic }
  - { match: "fast", upstream: local, model: "qwen3:8b", timeouts: { idleMs: 900000 } }
  - { match: "*", upstream: openai }

# What an upstream's dialect cannot say of a request: report leaves it out and tells it, refuse answers 400.
losses: report

# Answers whose reasoning tokens are remembered for clients that do not send them back; 0: none.
seals: { remember: 0 }

# Answers kept in memory for previous_response_id, where the upstream speaks another dialect than Responses.
responses: { remember: 1000, maxAgeMs: 3600000, maxCharacters: 67108864 }

# Prices that the catalogue does not know, in US dollars for a million tokens, and factors of service tiers.
prices:
  overrides:
    - { match: "qwen3*", upstream: local, input: 0, output: 0 }
    - { match: "gpt-5*", upstream: openai, tiers: { flex: 0.5 } }

# How upstreams are asked: our own HTTP/1.1 client, or undici.
transport: http1

# Budgets, in milliseconds.
timeouts:
  connectMs: 5000        # until the upstream accepts the connection
  headMs: 300000         # until its status line, for a stream
  wholeHeadMs: 600000    # and for a whole answer
  firstTokenMs: 600000   # from the request to the first token
  idleMs: 600000         # between two frames with content
  trailerMs: 2000        # for what follows the finished answer
  totalMs: 3600000       # for the whole exchange
  drainMs: 30000         # for running streams when the gateway is told to stop
  clientHeadMs: 10000    # for a client's headers
  clientBodyMs: 30000    # and for its body
  clientStallMs: 30000   # for a client that reads slowly to take what waits for it
  pingAfterMs: 15000     # of silence, then the client gets a keep-alive frame
  headHoldMs: 250        # for the first frame after the upstream's status line
  earlyHeadMs: 0         # 0: the client's status line waits for the upstream's

# Limits, in bytes and in numbers.
limits:
  bodyBytes: 33554432      # a request body
  holdBytes: 262144        # the torn end of a frame in relay
  eventBytes: 8388608      # an event where it is decoded
  messageBytes: 67108864   # an answer collected from a stream
  streams: 512             # exchanges at a time
  connections: 1024        # client connections at a time

# A row for every exchange, without prompts and answers: a path, postgres://..., or off as its url.
ledger: { maxAgeDays: 90, maxBytes: 1073741824, queueRows: 10000 }
# What Prometheus scrapes at /metrics. Without a token it takes a client key, where there are some.
metrics: { enabled: true, models: 100 }

# A collector of OpenTelemetry that is told of exchanges, without prompts and answers; none: nothing is sent.
telemetry: { otlp: "\${OTEL_EXPORTER_OTLP_ENDPOINT:-}", headers: {}, service: millrace, sampleRatio: 1, content: false }

# Exchanges that are kept as files, to be looked at and replayed: off, errors, sample or all.
capture: { mode: off }

log: { level: info }
`
