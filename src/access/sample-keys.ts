/** Placeholders of documentation and templates, in lower case, letters and digits only. */
const SAMPLES = new Set([
  'changeme',
  'changethis',
  'replaceme',
  'replacethis',
  'placeholder',
  'example',
  'examplekey',
  'exampleapikey',
  'samplekey',
  'yourkey',
  'yourkeyhere',
  'yourapikey',
  'yourapikeyhere',
  'yoursecret',
  'yoursecretkey',
  'yourtoken',
  'yourtokenhere',
  'insertkeyhere',
  'insertyourkeyhere',
  'myapikey',
  'mysecretkey',
  'password',
  'todo',
  '12345678',
  '123456789',
  '1234567890',
])

/** True for what people paste from documentation: it is known to everybody and opens nothing. */
export function isSampleKey(key: string): boolean {
  const bare = key
    .toLowerCase()
    .replace(/^sk-(?:ant-|proj-)?/, '')
    .replace(/[^a-z0-9]/g, '')
  return bare === '' || /^(.)\1*$/.test(bare) || SAMPLES.has(bare)
}
