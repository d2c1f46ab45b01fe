import { expect, test } from 'vitest'
import { PLACES, STEPS, accountFor, mayDo } from './steps'

const accounts = ['integration', 'clinician', 'officer', 'resident', 'admin'].map((role) => ({
  name: role,
  role,
  password: '',
  display_zh: role,
  display_en: role,
}))

test('seven steps; whoever lacks one is told an account that has it', () => {
  expect(STEPS.length).toBe(7)
  expect(STEPS.filter((step) => mayDo(step, 'integration'))).toEqual([...STEPS])
  expect(STEPS.filter((step) => mayDo(step, 'officer'))).toEqual(['overview', 'hospital', 'recognition'])
  expect(STEPS.filter((step) => mayDo(step, 'admin'))).toEqual([])
  expect(accountFor('overview', accounts)?.role).toBe('officer')
  expect(accountFor('resident', accounts)?.role).toBe('clinician')
  expect(accountFor('recognition', accounts)?.role).toBe('clinician')
  expect(accountFor('import', accounts)?.role).toBe('integration')
  expect(accountFor('import', [])).toBeNull()
})

test('each step knows its own screen', () => {
  const here = (path: string) => STEPS.filter((step) => PLACES[step].here(path))
  expect(here('/')).toEqual(['overview'])
  expect(here('/directory/institution/org-1')).toEqual(['hospital'])
  expect(here('/residents/person/1')).toEqual(['resident', 'result'])
  expect(here('/r/Observation/1')).toEqual(['raw'])
  expect(here('/recognition/workstation')).toEqual(['recognition'])
  expect(here('/recognition/statistics')).toEqual(['recognition'])
  expect(here('/imports')).toEqual(['import'])
  expect(here('/browse')).toEqual([])
})
