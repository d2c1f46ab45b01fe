import { expect, test } from 'vitest'
import { errorFrom } from './outcome'

test('the sentences of an OperationOutcome, with their place', () => {
  const body = JSON.stringify({
    resourceType: 'OperationOutcome',
    issue: [
      { severity: 'error', code: 'invalid', diagnostics: '`abc` is not a date.', expression: ['Patient.birthDate'] },
      { severity: 'error', code: 'invalid', details: { text: 'Patient.name: too long' }, expression: ['Patient.name'] },
    ],
  })
  const error = errorFrom(400, body)
  expect(error.code).toBe('invalid')
  expect(error.sentences).toEqual(['Patient.birthDate: `abc` is not a date.', 'Patient.name: too long'])
})

test('anything else is an error without a sentence', () => {
  expect(errorFrom(502, '<html>bad gateway</html>').sentences).toEqual([])
  expect(errorFrom(500, '{"a":1}').code).toBe('unknown')
})
