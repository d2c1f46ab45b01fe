import { expect, test } from 'vitest'
import { grouped } from './groups'

const account = (name: string, role: string) => ({ name, role, password: '', display_zh: name, display_en: name })

test('accounts stand by what they are for, none is lost', () => {
  const found = grouped([
    account('integration', 'integration'),
    account('city', 'officer'),
    account('district', 'officer'),
    account('cdc', 'epidemiologist'),
  ])
  expect(found.map((one) => [one.group, one.accounts.map((each) => each.name)])).toEqual([
    ['oversee', ['city', 'district']],
    ['run', ['integration', 'cdc']],
  ])
  expect(found.map((one) => one.role)).toEqual(['officer', null])
})
