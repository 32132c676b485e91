import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Roster, type RosterItem } from './roster.ts'

interface Person extends RosterItem {
  readonly name: number
}

test('a roster holds what a set would hold', () => {
  const changes = fc.array(fc.record({ name: fc.nat(8), comes: fc.boolean() }))
  fc.assert(
    fc.property(changes, moves => {
      const people: Person[] = Array.from({ length: 9 }, (_, name) => ({ name }))
      const [roster, set] = [new Roster<Person>(), new Set<Person>()]
      for (const { name, comes } of moves) {
        const person = people[name] as Person
        if (comes) roster.add(person)
        else roster.delete(person)
        if (comes) set.add(person)
        else set.delete(person)
      }
      const visited: number[] = []
      roster.visit(({ name }) => visited.push(name))
      assert.deepEqual(visited.toSorted(), [...set].map(({ name }) => name).toSorted())
      assert.equal(roster.size, set.size)
    }),
  )
})

test('who is deleted during a visit is not visited, and nobody is left out', () => {
  const roster = new Roster<Person>()
  const people: Person[] = Array.from({ length: 5 }, (_, name) => ({ name }))
  for (const person of people) roster.add(person)
  const visited: number[] = []
  roster.visit(person => {
    visited.push(person.name)
    roster.delete(person)
    roster.delete(people[1] as Person)
  })
  assert.deepEqual(visited, [4, 2, 3, 0])
})

test('a roster gives out each of its people once', () => {
  const roster = new Roster<Person>()
  const people: Person[] = [{ name: 1 }, { name: 2 }]
  for (const person of people) roster.add(person)
  assert.deepEqual(
    [roster.take(), roster.take(), roster.take()].map(person => person?.name),
    [2, 1, undefined],
  )
  roster.add(people[0] as Person)
  assert.equal(roster.size, 1)
})
