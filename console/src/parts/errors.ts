import { ApiError } from '@/api/outcome'
import { t } from '@/i18n'

/** What to show for anything that went wrong: a heading that says what to do, and the server's own sentences. */
export function describe(error: unknown): { heading: string; sentences: string[] } {
  if (!(error instanceof ApiError)) return { heading: t('error.console'), sentences: [String(error)] }
  return { heading: heading(error), sentences: error.sentences }
}

/** One line, for a message that goes away. */
export function oneLine(error: unknown): string {
  const { heading, sentences } = describe(error)
  return sentences.length > 0 ? sentences.join(' ') : heading
}

function heading(error: ApiError): string {
  switch (error.status) {
    case 0:
      return t('error.network')
    case 401:
      return t('error.unauthenticated')
    case 403:
      return t('error.forbidden')
    case 404:
      return t('error.not-found')
    case 410:
      return t('error.gone')
    case 400:
    case 422:
      return t('error.invalid')
    case 409:
    case 412:
      return t('error.conflict')
    case 503:
    case 429:
      return t('error.busy')
    default:
      return t('error.other', { status: error.status })
  }
}
