import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dataFolder } from './data-folder.ts'

test('the data folder is where the system has one, or where the user says', () => {
  const HOME = '/home/mill'
  const folders = [
    dataFolder({ HOME }, 'linux'),
    dataFolder({ HOME, XDG_DATA_HOME: '/data' }, 'linux'),
    dataFolder({ HOME }, 'darwin'),
    dataFolder({ LOCALAPPDATA: '/local' }, 'win32'),
  ]
  assert.deepEqual(folders, [
    '/home/mill/.local/share/millrace',
    '/data/millrace',
    '/home/mill/Library/Application Support/millrace',
    '/local/millrace',
  ])
})
