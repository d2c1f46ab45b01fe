import { read, type Resource } from '@/api/fhir'
import { localReference, objects, referenceOf, text } from '@/format/values'

/** A picture of an imaging study that lies in this record. */
export interface Picture {
  url: string
  /** What its Endpoint is called, such as 头颅CT 示意图像 schematic image. */
  caption: string
}

const ENDPOINTS_MAX = 8
/** Endpoints by id: all studies share a few. */
const known = new Map<string, Promise<Resource | null>>()

/** The picture of a study; null where no Endpoint of it leads to a Binary of this record. */
export async function pictureOf(study: Resource): Promise<Picture | null> {
  if (study.resourceType !== 'ImagingStudy') return null
  const ids = objects(study.endpoint).flatMap((value) => {
    const target = localReference(referenceOf(value))
    return target?.type === 'Endpoint' ? [target.id] : []
  })
  const endpoints = await Promise.all(ids.slice(0, ENDPOINTS_MAX).map(endpoint))
  const leading = endpoints.find((found) => found && localReference(text(found.address))?.type === 'Binary')
  if (!leading) return null
  return { url: `/api/images/ImagingStudy/${encodeURIComponent(study.id)}`, caption: text(leading.name) }
}

/** An Endpoint that cannot be read leads nowhere; it is asked for again the next time. */
function endpoint(id: string): Promise<Resource | null> {
  const asked =
    known.get(id) ??
    read('Endpoint', id).catch(() => {
      known.delete(id)
      return null
    })
  known.set(id, asked)
  return asked
}
