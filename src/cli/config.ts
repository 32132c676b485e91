import { Command } from 'commander'
import { configReference, configSchema, exampleConfig, loadConfig } from '../gateway/index.ts'

export function configCommand(): Command {
  const config = new Command('config').description(
    'Check the configuration, or print its schema, an example, or its reference.',
  )
  config
    .command('check')
    .description('Read the configuration as `serve` would, and say what is wrong with it.')
    .option('--config <file>', 'configuration to read (default: millrace.yaml in this folder, when there is one)')
    .action(check)
  config
    .command('schema')
    .description('Print the JSON Schema, for editors.')
    .action(() => print(JSON.stringify(configSchema(), null, 2)))
  config
    .command('example')
    .description('Print an example to start from.')
    .action(() => print(exampleConfig()))
  config
    .command('reference')
    .description('Print the reference of every member, in Markdown.')
    .action(() => print(configReference()))
  return config
}

function check({ config: flag }: { readonly config?: string }): void {
  const { config, file } = loadConfig({ cwd: process.cwd(), env: process.env, ...(flag === undefined ? {} : { flag }) })
  const upstreams = config.upstreams.map(({ name, baseUrls }) => `${name} (${Object.keys(baseUrls).join(', ')})`)
  print(`${file ?? 'no configuration file, upstreams from the environment'}: good`)
  print(upstreams.length === 0 ? 'no upstreams: the simulator answers' : `upstreams: ${upstreams.join(', ')}`)
}

function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
}
